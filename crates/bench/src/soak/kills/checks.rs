//! What must be true once all is at rest.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_hub::db::Mode;
use onedoor_hub::values;

use super::kiosk::{End, answers, draft, recording};
use super::round::{DESK, Round, STATION};

/// Findings that are printed of one kind.
const PRINTED: u64 = 5;

impl Round {
    fn wrong(&mut self, what: &str, words: &str) {
        self.count(what, 1);
        if self.counts.get(what).is_some_and(|n| *n <= PRINTED) {
            println!("{what}: {words}");
        }
    }
}

/// Checks everything; what is wrong is counted and printed. `moved` moves were made at the desk for certain, `unknown`
/// perhaps.
pub(super) fn all(round: &mut Round, ends: &[End], moved: u64, unknown: u64) -> Result<()> {
    for place in 0..ends.len() {
        if let (Some(end), Some(kiosk)) = (ends.get(place), round.kiosks.get(place)) {
            let (device, said) = (kiosk.device, kiosk.said());
            let seed = kiosk.setup.seed;
            round.count("cases", said.saved.len() as u64);
            if let Some(wrong) = said.problem() {
                round.wrong("not converged", &format!("kiosk {device}: {wrong}"));
            }
            chain(round, place, end)?;
            for (number, case) in &said.saved {
                saved(round, seed, *number, *case)?;
            }
        }
    }
    cases(round, ends)?;
    steps(round, moved, unknown)
}

/// The hub's copy of a kiosk's record: gap-free, each link right, to the kiosk's own last link.
fn chain(round: &mut Round, place: usize, end: &End) -> Result<()> {
    let Some(kiosk) = round.kiosks.get(place) else {
        return Ok(());
    };
    let device = kiosk.device;
    let rows = round.runtime.block_on(async {
        let mut tx = round.beside.db.begin(Mode::Read).await?;
        let sql = "SELECT epoch, seq, bytes, link FROM event WHERE device = $1 ORDER BY epoch, seq";
        tx.query(sql, values![device]).await
    })?;
    let mut heads: BTreeMap<Epoch, (u64, ChainHash)> = BTreeMap::new();
    for row in &rows {
        let epoch = row.epoch(0)?;
        let head = heads
            .entry(epoch)
            .or_insert((0, ChainHash::genesis(device, epoch)));
        *head = (head.0 + 1, head.1.next(row.bytes(2)?));
        let (seq, link) = *head;
        if row.count(1)? != seq || row.link(3)? != link {
            round.wrong("broken chains", &format!("{device} at event {seq}"));
            return Ok(());
        }
    }
    round.count("events", rows.len() as u64);
    let mut all = 0;
    for (epoch, last, link) in &end.streams {
        all += last;
        let held = Epoch::try_from(*epoch)
            .ok()
            .and_then(|epoch| heads.get(&epoch).copied());
        if held != Some((*last, ChainHash(*link))) {
            let words = format!("{device} ends at {last}, the hub has {held:?}");
            round.wrong("lost", &words);
        }
    }
    if all != end.events || all != rows.len() as u64 {
        let words = format!(
            "{device}: {all} events, {} verified, {} at the hub",
            end.events,
            rows.len()
        );
        round.wrong("broken chains", &words);
    }
    Ok(())
}

/// What a resident was told is saved is at the hub, with what they said.
fn saved(round: &mut Round, seed: u64, number: u64, case: CaseId) -> Result<()> {
    let opened = round.runtime.block_on(async {
        round.beside.case(case).await?;
        round.beside.open_case(case).await
    });
    let (opened, closed) = match opened {
        Ok(opened) => opened,
        Err(why) => {
            round.wrong("lost", &format!("resident {number} of {seed}: {why}"));
            return Ok(());
        }
    };
    let of = |role: &str| -> Vec<&[u8]> {
        let with = opened.iter().filter(|blob| blob.content.role == role);
        with.map(|blob| blob.content.bytes.expose().as_slice())
            .collect()
    };
    let wanted = recording(seed, number);
    let right = of("instance") == [answers(seed, number).as_bytes()]
        && of("part:voice") == wanted.iter().map(Vec::as_slice).collect::<Vec<_>>();
    if closed > 0 || !right {
        let words = format!(
            "resident {number} of {seed}: {} blobs, {closed} closed",
            opened.len()
        );
        round.wrong("lost", &words);
    }
    Ok(())
}

/// Every resident has one case, and all know the same of it.
fn cases(round: &mut Round, ends: &[End]) -> Result<()> {
    let at_hub =
        round
            .runtime
            .block_on(round.beside.cases(Some(STATION), true, u64::from(u32::MAX)))?;
    let mut drafts = BTreeSet::new();
    for (place, end) in ends.iter().enumerate() {
        let own: Vec<_> = end.cases.iter().filter(|case| !case.elsewhere).collect();
        for case in &own {
            if !drafts.insert((place, case.draft)) {
                round.wrong("doubled", &format!("case {} of kiosk {place}", case.case));
            }
        }
        let said = round.kiosks.get(place).map(|kiosk| kiosk.said());
        let seed = round.kiosks.get(place).map_or(0, |kiosk| kiosk.setup.seed);
        for (number, case) in said.map(|said| said.saved).unwrap_or_default() {
            let known = own.iter().find(|known| known.case == case);
            if known.is_none_or(|known| known.draft != draft(seed, number)) {
                round.wrong("lost", &format!("resident {number} at kiosk {place}"));
            }
        }
    }
    if at_hub.len() != drafts.len() {
        let what = match at_hub.len() > drafts.len() {
            true => "doubled",
            false => "lost",
        };
        let words = format!("{} cases of {} residents", at_hub.len(), drafts.len());
        round.wrong(what, &words);
    }
    for matter in &at_hub {
        for (place, end) in ends.iter().enumerate() {
            let known = end.cases.iter().find(|known| known.case == matter.case);
            let status = known.map(|known| &known.status);
            if status != Some(&matter.whole.status) {
                let words = format!(
                    "case {}: the hub {:?}, kiosk {place} {status:?}",
                    matter.case, matter.whole.status
                );
                round.wrong("not converged", &words);
            }
        }
    }
    Ok(())
}

/// The events that moved a case: those of its steps, and the one that its own row names where its first step is none of
/// them.
const MOVES: &str = "SELECT device, epoch, seq FROM step WHERE device IS NOT NULL UNION ALL SELECT device, epoch, seq FROM matter WHERE NOT EXISTS (SELECT 1 FROM step WHERE step.case_id = matter.case_id AND step.number = 1)";

/// Every event that moves a case did so once, and every move at the desk is there.
fn steps(round: &mut Round, moved: u64, unknown: u64) -> Result<()> {
    let count = |sql: &str| {
        let beside = &round.beside;
        round.runtime.block_on(async {
            let mut tx = beside.db.begin(Mode::Read).await?;
            tx.number(sql, vec![]).await
        })
    };
    let events = count(
        "SELECT COUNT(*) FROM event WHERE kind IN ('case_saved', 'case_state_changed', 'resident_word', 'slip_voided')",
    )?;
    let steps = count(&format!("SELECT COUNT(*) FROM ({MOVES}) AS moves"))?;
    let once = count(&format!(
        "SELECT COUNT(*) FROM (SELECT DISTINCT device, epoch, seq FROM ({MOVES}) AS moves) AS once"
    ))?;
    let set_aside = count("SELECT COUNT(*) FROM step WHERE outcome = 1")?;
    let reconciled = count("SELECT COUNT(*) FROM step WHERE outcome = 2")?;
    let at_desk = count("SELECT COUNT(*) FROM step WHERE device IS NULL")?;
    round.count("moves set aside", set_aside);
    round.count("words reconciled", reconciled);
    round.count("moves at the desk", at_desk);
    if steps != once {
        round.wrong("doubled", &format!("{steps} steps of {once} events"));
    }
    if steps != events {
        let what = if steps > events { "doubled" } else { "lost" };
        round.wrong(what, &format!("{steps} steps of {events} events"));
    }
    if at_desk < moved || at_desk > moved + unknown {
        let what = if at_desk < moved { "lost" } else { "doubled" };
        let words = format!("{at_desk} moves by {DESK}; {moved} made, {unknown} perhaps");
        round.wrong(what, &words);
    }
    let told: u64 = round.kiosks.iter().map(|kiosk| kiosk.said().moved).sum();
    let by_kiosks = steps.saturating_sub(count_saved(round)?);
    round.count("moves at kiosks", by_kiosks);
    if by_kiosks < told {
        round.wrong("lost", &format!("{told} moves told, {by_kiosks} there"));
    }
    Ok(())
}

fn count_saved(round: &Round) -> Result<u64> {
    Ok(round.runtime.block_on(async {
        let mut tx = round.beside.db.begin(Mode::Read).await?;
        tx.number(
            "SELECT COUNT(*) FROM event WHERE kind = 'case_saved'",
            vec![],
        )
        .await
    })?)
}
