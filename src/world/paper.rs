//! The road of a slip: drawn, written down as asked for, printed, written down as printed or not.

use super::Tell;
use crate::effect::{Happening, SlipNews};
use iced::widget::image::Handle;
use onedoor_devices::printer::{
    JobId, JobOutcome, Printer, PrinterEvent, PrinterFault, PrinterState,
};
use onedoor_devices::slip_raster::{self, Paper, SlipFonts};
use onedoor_domain::event::Actor;
use onedoor_domain::id::{CaseId, SlipJobId};
use onedoor_domain::personal::Personal;
use onedoor_domain::slip::Slip;
use onedoor_store::Store;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// A slip that was asked for.
struct Order {
    number: u64,
    case: Option<CaseId>,
    slip: Slip,
    /// Where it is noted: the record as it was when the slip was asked for; it may have been opened after the start.
    store: Option<Store>,
}

/// A slip's line in the record.
type Noted = Option<(Store, SlipJobId)>;
/// By the printer's job: which order it was, and its line in the record.
type Jobs = Arc<Mutex<HashMap<JobId, (u64, Noted)>>>;

/// The road of a slip.
pub struct PaperRoad {
    orders: Sender<Order>,
    running: Arc<AtomicUsize>,
}

impl std::fmt::Debug for PaperRoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PaperRoad")
    }
}

/// The sentence for a printer's fault.
pub fn sentence(fault: PrinterFault) -> &'static str {
    match fault {
        PrinterFault::PaperOut => "say-printer-paper",
        PrinterFault::CoverOpen => "say-printer-cover",
        _ => "say-printer-silent",
    }
}

impl PaperRoad {
    /// Opens the road: fonts are read when the first slip is drawn. Without a printer every slip is shown on the screen,
    /// and the page says that none came.
    pub fn open(
        fonts: Vec<PathBuf>,
        paper: Paper,
        printer: Option<(Printer, crossbeam_channel::Receiver<PrinterEvent>)>,
        tell: Tell,
    ) -> Self {
        let (orders, waiting) = channel::<Order>();
        let running = Arc::new(AtomicUsize::new(0));
        let jobs: Jobs = Arc::default();
        let printer = printer.map(|(printer, events)| {
            let (jobs, tell, running) = (jobs.clone(), tell.clone(), running.clone());
            let spawned = std::thread::Builder::new()
                .name("printer-events".into())
                .spawn(move || {
                    for event in events {
                        told(event, &jobs, &tell, &running);
                    }
                });
            if let Err(error) = spawned {
                tracing::error!(event = "thread_not_started", %error);
            }
            printer
        });
        let count = running.clone();
        let next = AtomicU64::new(1);
        let spawned = std::thread::Builder::new()
            .name("slips".into())
            .spawn(move || {
                let mut made: Option<SlipFonts> = None;
                for order in waiting {
                    if made.is_none() {
                        made = SlipFonts::load(&fonts)
                            .map_err(|error| tracing::error!(event = "slip_fonts", %error))
                            .ok();
                    }
                    let drawn = made.as_mut().and_then(|fonts| {
                        slip_raster::draw_marked(
                            fonts,
                            &order.slip.blocks(),
                            paper,
                            &slip_raster::no_pictures,
                        )
                        .map_err(|error| tracing::error!(event = "slip_not_drawn", %error))
                        .ok()
                    });
                    let Some(slip_raster::Drawn { raster, below_qr }) = drawn else {
                        failed(&tell, order.number, PrinterFault::CannotDraw);
                        count.fetch_sub(1, Ordering::SeqCst);
                        continue;
                    };
                    tell(Happening::Drawn {
                        order: order.number,
                        picture: Handle::from_rgba(
                            raster.width(),
                            raster.height(),
                            raster.to_rgba(),
                        ),
                        size: (raster.width(), raster.height()),
                        below_qr,
                    });
                    // Written down before the first dot: after a power cut it is known that a slip was on its way.
                    let noted = order.store.as_ref().and_then(|store| {
                        let picture = raster.to_png().unwrap_or_default();
                        store
                            .ask_slip(Actor::Machine, order.case, Personal::new(picture))
                            .wait()
                            .map_err(|error| {
                                tracing::error!(event = "slip_not_noted", code = error.code())
                            })
                            .ok()
                            .map(|job| (store.clone(), job.id))
                    });
                    match &printer {
                        Some(printer) => {
                            let job = JobId(next.fetch_add(1, Ordering::SeqCst));
                            jobs.lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .insert(job, (order.number, noted));
                            printer.print(job, &raster);
                        }
                        None => {
                            note_failed(noted, PrinterFault::Unplugged);
                            failed(&tell, order.number, PrinterFault::Unplugged);
                            count.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                }
            });
        if let Err(error) = spawned {
            tracing::error!(event = "thread_not_started", %error);
        }
        Self { orders, running }
    }

    /// Draws and prints a slip.
    pub fn print(
        &self,
        store: Option<Store>,
        (number, case): (u64, Option<CaseId>),
        copy: u32,
        slip: Slip,
    ) {
        tracing::info!(event = "slip_asked", copy);
        self.running.fetch_add(1, Ordering::SeqCst);
        let order = Order {
            number,
            case,
            slip,
            store,
        };
        if self.orders.send(order).is_err() {
            self.running.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Whether a slip is on its way.
    pub fn busy(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }
}

fn failed(tell: &Tell, order: u64, fault: PrinterFault) {
    let news = SlipNews::Failed {
        say: sentence(fault),
        code: fault.code().to_owned(),
    };
    tell(Happening::Slip(order, news));
}

fn note_failed(noted: Noted, fault: PrinterFault) {
    if let Some((store, job)) = noted
        && let Err(error) = store.slip_failed(job, fault.code()).wait()
    {
        tracing::error!(event = "slip_not_noted", code = error.code());
    }
}

fn told(event: PrinterEvent, jobs: &Jobs, tell: &Tell, running: &AtomicUsize) {
    match event {
        PrinterEvent::JobEnded { job, outcome } => {
            let (order, noted) = jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&job)
                .unwrap_or_default();
            match outcome {
                JobOutcome::Printed => {
                    if let Some((store, job)) = noted
                        && let Err(error) = store.slip_printed(job).wait()
                    {
                        tracing::error!(event = "slip_not_noted", code = error.code());
                    }
                    tell(Happening::Slip(order, SlipNews::Printed));
                }
                JobOutcome::Failed { why, .. } | JobOutcome::Unknown { why } => {
                    note_failed(noted, why);
                    failed(tell, order, why);
                }
            }
            running.fetch_sub(1, Ordering::SeqCst);
        }
        PrinterEvent::StateChanged(PrinterState::Ready { .. }) => tell(Happening::PrinterWell),
        PrinterEvent::StateChanged(PrinterState::Fault(fault)) => {
            tracing::warn!(
                event = "printer_fault",
                code = fault.code(),
                name = fault.name()
            );
        }
        PrinterEvent::StateChanged(_) => {}
    }
}
