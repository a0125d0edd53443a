//! What waits for each kiosk, numbered without a gap in one transaction with what it tells of: a global sequence would
//! skip rows that are not committed yet, and a kiosk's cursor would pass them by.

use std::collections::BTreeMap;

use onedoor_domain::id::DeviceId;
use onedoor_sync::mail::Mail;
use onedoor_sync::wire::{MAX_ITEM, MAX_ITEMS, MailItem, MailPage};

use crate::clock::now_ms;
use crate::db::Tx;
use crate::db::schema::{MAIL, MAILBOX};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::metrics::count;
use crate::rest::Place;
use crate::values;

/// Bodies of one page together, before compression; what does not fit its 64 KiB compressed is cut later.
const PAGE_BYTES: usize = 256 * 1024;

/// Something for a kiosk.
#[derive(Debug, Clone)]
pub struct Post {
    /// The kiosk.
    pub to: DeviceId,
    /// What it says.
    pub mail: Mail,
    /// An item about the same that the kiosk has not fetched yet is not needed any more.
    pub about: Option<Vec<u8>>,
}

impl Hub {
    /// Makes the mailbox of a kiosk.
    pub(crate) async fn make_mailbox(&self, tx: &mut dyn Tx, device: DeviceId) -> Done<()> {
        tx.insert(&MAILBOX, vec![values![device, 0i64, 0i64]])
            .await?;
        Ok(())
    }

    /// Puts items into mailboxes. The mailboxes are locked in one order, so that two who post never wait for each other.
    pub(crate) async fn post(&self, tx: &mut dyn Tx, posts: Vec<Post>) -> Done<()> {
        self.post_from(tx, None, posts).await
    }

    /// As [`Hub::post`], for a kiosk whose own mailbox is looked at afterwards: it is locked in the same order.
    pub(crate) async fn post_from(
        &self,
        tx: &mut dyn Tx,
        own: Option<DeviceId>,
        posts: Vec<Post>,
    ) -> Done<()> {
        let mut by_device: BTreeMap<DeviceId, Vec<Post>> = BTreeMap::new();
        if let Some(own) = own.filter(|_| !posts.is_empty()) {
            by_device.insert(own, Vec::new());
        }
        for post in posts {
            by_device.entry(post.to).or_default().push(post);
        }
        let now = now_ms();
        for (device, posts) in by_device {
            // Taking no number locks its row all the same.
            let mut number = self.numbers(tx, device, posts.len() as u64).await?;
            let mut rows = Vec::with_capacity(posts.len());
            for post in posts {
                let Some((kind, version, body)) = post.mail.write() else {
                    continue;
                };
                if body.len() > MAX_ITEM {
                    return Err(HubFault::Asked("a mailbox item was too large".into()));
                }
                if let Some(about) = &post.about {
                    tx.execute(
                        "DELETE FROM mail WHERE device = $1 AND about = $2 AND kind = $3",
                        values![device, about.clone(), kind],
                    )
                    .await?;
                }
                number += 1;
                let hidden = hide(self, device, number, &body)?;
                rows.push(values![
                    device, number, kind, version, hidden, post.about, now
                ]);
            }
            count(&self.metrics.mail, rows.len() as u64);
            tx.insert(&MAIL, rows).await?;
        }
        Ok(())
    }

    /// Takes so many numbers; gives the one before the first.
    async fn numbers(&self, tx: &mut dyn Tx, device: DeviceId, many: u64) -> Done<u64> {
        const TAKE: &str = "UPDATE mailbox SET last = last + $2 WHERE device = $1 RETURNING last";
        let taken = match tx.one(TAKE, values![device, many]).await? {
            Some(row) => Some(row),
            None => {
                self.make_mailbox(tx, device).await?;
                tx.one(TAKE, values![device, many]).await?
            }
        };
        let last = taken.ok_or(HubFault::NoDevice(device))?.count(0)?;
        Ok(last.saturating_sub(many))
    }

    /// Notes that a kiosk has applied everything up to a number, and gives the next page.
    pub(crate) async fn page(
        &self,
        tx: &mut dyn Tx,
        device: DeviceId,
        cursor: u64,
    ) -> Done<MailPage> {
        // A kiosk ahead of its mailbox has seen what this hub lost: new items get numbers above, or it would never
        // see them.
        tx.execute(
            "UPDATE mailbox SET cursor = $2, last = CASE WHEN last < $2 THEN $2 ELSE last END WHERE device = $1 AND cursor <> $2",
            values![device, cursor],
        )
        .await?;
        self.page_after(tx, device, cursor).await
    }

    /// The page after a number; nothing is noted.
    pub(crate) async fn page_after(
        &self,
        tx: &mut dyn Tx,
        device: DeviceId,
        cursor: u64,
    ) -> Done<MailPage> {
        let rows = tx
            .query(
                "SELECT number, kind, version, body FROM mail WHERE device = $1 AND number > $2 ORDER BY number LIMIT $3",
                values![device, cursor, MAX_ITEMS as u64 + 1],
            )
            .await?;
        let mut page = MailPage {
            after: cursor,
            cursor,
            more: false,
            items: Vec::new(),
        };
        let mut bytes = 0;
        for row in &rows {
            let number = row.count(0)?;
            let body = show(self, device, number, row.bytes(3)?)?;
            bytes += body.len();
            if page.items.len() == MAX_ITEMS || (bytes > PAGE_BYTES && !page.items.is_empty()) {
                page.more = true;
                break;
            }
            page.cursor = number;
            page.items.push(MailItem {
                number,
                kind: row.text(1)?.to_owned(),
                version: u16::try_from(row.int(2)?).unwrap_or(u16::MAX),
                body,
            });
        }
        Ok(page)
    }
}

/// Cuts a page in half; the rest comes with the next.
pub(crate) fn shorten(page: &mut MailPage) {
    let keep = page.items.len().div_ceil(2).max(1);
    if keep < page.items.len() {
        page.items.truncate(keep);
        page.more = true;
        page.cursor = page.items.last().map_or(page.after, |item| item.number);
    }
}

/// Where a mailbox item lies.
fn place(device: DeviceId, number: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&device.get().to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

fn hide(hub: &Hub, device: DeviceId, number: u64, body: &[u8]) -> Done<Vec<u8>> {
    let key = place(device, number);
    let place = Place {
        table: "mail",
        key: &[&key],
    };
    hub.keys.rest.hide(&place, body)
}

fn show(hub: &Hub, device: DeviceId, number: u64, hidden: &[u8]) -> Done<Vec<u8>> {
    let key = place(device, number);
    let place = Place {
        table: "mail",
        key: &[&key],
    };
    Ok(hub.keys.rest.show(&place, hidden)?.into_inner())
}
