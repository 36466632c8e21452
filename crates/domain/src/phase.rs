//! Where a request stands. Data that exists in one phase only lives in that phase, and there is
//! one function per legal move.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PlanId, id::OfficerId, plan::PlanHash};

/// How it is known that the asker is the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum IdentityProof {
    /// A code sent to this kind of address came back.
    CodeReturned { identifier_kind: String },
    /// An officer checked by other means and wrote down which.
    Officer { officer: OfficerId, reason: String },
    /// The open lane: the law forbids asking.
    NotAsked,
}

/// Who let a plan go ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Approver {
    Officer {
        officer: OfficerId,
    },
    /// The open lane needs no person: it must take effect without delay.
    Rule {
        rule: String,
    },
}

/// The plan that a request is bound to: the id to find it and the hash to recognise it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRef {
    pub id: PlanId,
    pub hash: PlanHash,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Recorded and acknowledged; the clock runs; identity is not proven.
    Received,
    /// Identity is proven (or may not be asked); the stores are being searched.
    Verified { proof: IdentityProof, at: Timestamp },
    /// Every store has answered or is known to be out of reach.
    Located { at: Timestamp },
    /// A plan lies before an officer.
    Planned { plan: PlanRef },
    /// The plan may be carried out; its steps are queued.
    Approved {
        plan: PlanRef,
        approver: Approver,
        at: Timestamp,
    },
    /// Every step of the plan has ended; what it did is being read back and packed.
    Executed { plan: PlanRef, at: Timestamp },
    /// The package or receipt exists, signed, and waits for release.
    Confirmed { plan: PlanRef, artifact: Artifact },
    /// The subject has been told where to fetch it.
    Released {
        plan: PlanRef,
        artifact: Artifact,
        at: Timestamp,
    },
    /// Everything is done, letters included.
    Closed {
        plan: PlanRef,
        artifact: Artifact,
        at: Timestamp,
    },
    /// Refused with reasons and remedies.
    Refused {
        reason: String,
        officer: OfficerId,
        at: Timestamp,
    },
    /// Taken back by the subject, before anything was erased.
    Withdrawn { at: Timestamp },
}

/// A sealed package or receipt in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Name of the blob.
    pub blob: String,
    /// SHA-256 of the plain file, hex.
    pub sha256: String,
    /// Size of the plain file in bytes.
    pub bytes: u64,
}

/// A move that the phases do not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {found} cannot be {wanted}")]
pub struct WrongPhase {
    pub found: &'static str,
    pub wanted: &'static str,
}

impl Phase {
    pub const NAMES: [&'static str; 11] = [
        "received",
        "verified",
        "located",
        "planned",
        "approved",
        "executed",
        "confirmed",
        "released",
        "closed",
        "refused",
        "withdrawn",
    ];

    pub fn name(&self) -> &'static str {
        match self {
            Phase::Received => "received",
            Phase::Verified { .. } => "verified",
            Phase::Located { .. } => "located",
            Phase::Planned { .. } => "planned",
            Phase::Approved { .. } => "approved",
            Phase::Executed { .. } => "executed",
            Phase::Confirmed { .. } => "confirmed",
            Phase::Released { .. } => "released",
            Phase::Closed { .. } => "closed",
            Phase::Refused { .. } => "refused",
            Phase::Withdrawn { .. } => "withdrawn",
        }
    }

    /// Nothing more will happen to the request.
    pub fn is_final(&self) -> bool {
        match self {
            Phase::Closed { .. } | Phase::Refused { .. } | Phase::Withdrawn { .. } => true,
            Phase::Received
            | Phase::Verified { .. }
            | Phase::Located { .. }
            | Phase::Planned { .. }
            | Phase::Approved { .. }
            | Phase::Executed { .. }
            | Phase::Confirmed { .. }
            | Phase::Released { .. } => false,
        }
    }

    fn wrong(&self, wanted: &'static str) -> WrongPhase {
        WrongPhase {
            found: self.name(),
            wanted,
        }
    }

    pub fn verify(self, proof: IdentityProof, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Received => Ok(Phase::Verified { proof, at }),
            other => Err(other.wrong("verified")),
        }
    }

    pub fn locate(self, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Verified { .. } => Ok(Phase::Located { at }),
            other => Err(other.wrong("located")),
        }
    }

    /// A new plan may replace one that nobody has approved.
    pub fn plan(self, plan: PlanRef) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Located { .. } => Ok(Phase::Planned { plan }),
            other => Err(other.wrong("planned")),
        }
    }

    /// Back to searching, because the plan no longer fits the stores.
    pub fn search_again(self, proof: IdentityProof, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Planned { .. } => Ok(Phase::Verified { proof, at }),
            other => Err(other.wrong("searched again")),
        }
    }

    pub fn approve(self, approver: Approver, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Planned { plan } => Ok(Phase::Approved { plan, approver, at }),
            other => Err(other.wrong("approved")),
        }
    }

    pub fn execute(self, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Approved { plan, .. } => Ok(Phase::Executed { plan, at }),
            other => Err(other.wrong("executed")),
        }
    }

    pub fn confirm(self, artifact: Artifact) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Executed { plan, .. } => Ok(Phase::Confirmed { plan, artifact }),
            other => Err(other.wrong("confirmed")),
        }
    }

    pub fn release(self, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Confirmed { plan, artifact } => Ok(Phase::Released { plan, artifact, at }),
            other => Err(other.wrong("released")),
        }
    }

    pub fn close(self, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Released { plan, artifact, .. } => Ok(Phase::Closed { plan, artifact, at }),
            other => Err(other.wrong("closed")),
        }
    }

    /// An officer may refuse until the plan is approved.
    pub fn refuse(
        self,
        reason: String,
        officer: OfficerId,
        at: Timestamp,
    ) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Received
            | Phase::Verified { .. }
            | Phase::Located { .. }
            | Phase::Planned { .. } => Ok(Phase::Refused {
                reason,
                officer,
                at,
            }),
            other => Err(other.wrong("refused")),
        }
    }

    /// The subject may withdraw until the plan is approved: after that rows may be gone.
    pub fn withdraw(self, at: Timestamp) -> Result<Phase, WrongPhase> {
        match self {
            Phase::Received
            | Phase::Verified { .. }
            | Phase::Located { .. }
            | Phase::Planned { .. } => Ok(Phase::Withdrawn { at }),
            other => Err(other.wrong("withdrawn")),
        }
    }

    /// The plan the request is bound to, once there is one.
    pub fn plan_ref(&self) -> Option<&PlanRef> {
        match self {
            Phase::Planned { plan }
            | Phase::Approved { plan, .. }
            | Phase::Executed { plan, .. }
            | Phase::Confirmed { plan, .. }
            | Phase::Released { plan, .. }
            | Phase::Closed { plan, .. } => Some(plan),
            Phase::Received
            | Phase::Verified { .. }
            | Phase::Located { .. }
            | Phase::Refused { .. }
            | Phase::Withdrawn { .. } => None,
        }
    }

    /// The package or receipt, once there is one.
    pub fn artifact(&self) -> Option<&Artifact> {
        match self {
            Phase::Confirmed { artifact, .. }
            | Phase::Released { artifact, .. }
            | Phase::Closed { artifact, .. } => Some(artifact),
            Phase::Received
            | Phase::Verified { .. }
            | Phase::Located { .. }
            | Phase::Planned { .. }
            | Phase::Approved { .. }
            | Phase::Executed { .. }
            | Phase::Refused { .. }
            | Phase::Withdrawn { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_phase() -> Vec<Phase> {
        let at = Timestamp::UNIX_EPOCH;
        let proof = IdentityProof::NotAsked;
        let plan = PlanRef {
            id: PlanId::fresh(),
            hash: PlanHash::of(b"plan"),
        };
        let artifact = Artifact {
            blob: "a".into(),
            sha256: "b".into(),
            bytes: 1,
        };
        let rule = Approver::Rule {
            rule: "open lane".into(),
        };
        let verified = Phase::Received.verify(proof, at).unwrap();
        let located = verified.clone().locate(at).unwrap();
        let planned = located.clone().plan(plan).unwrap();
        let approved = planned.clone().approve(rule, at).unwrap();
        let executed = approved.clone().execute(at).unwrap();
        let confirmed = executed.clone().confirm(artifact).unwrap();
        let released = confirmed.clone().release(at).unwrap();
        let closed = released.clone().close(at).unwrap();
        let refused = Phase::Received
            .refuse("why".into(), OfficerId::fresh(), at)
            .unwrap();
        let withdrawn = Phase::Received.withdraw(at).unwrap();
        vec![
            Phase::Received,
            verified,
            located,
            planned,
            approved,
            executed,
            confirmed,
            released,
            closed,
            refused,
            withdrawn,
        ]
    }

    #[test]
    fn the_names_are_those_of_the_phases_in_their_order() {
        let names: Vec<_> = every_phase().iter().map(Phase::name).collect();
        assert_eq!(names, Phase::NAMES);
    }

    #[test]
    fn each_move_starts_from_its_own_phases_and_from_no_other() {
        let at = Timestamp::UNIX_EPOCH;
        let from = |act: &dyn Fn(Phase) -> bool| {
            every_phase()
                .into_iter()
                .filter(|phase| act(phase.clone()))
                .map(|phase| phase.name())
                .collect::<Vec<_>>()
        };
        let proof = IdentityProof::NotAsked;
        assert_eq!(from(&|p| p.verify(proof.clone(), at).is_ok()), ["received"]);
        assert_eq!(from(&|p| p.locate(at).is_ok()), ["verified"]);
        assert_eq!(from(&|p| p.execute(at).is_ok()), ["approved"]);
        assert_eq!(from(&|p| p.release(at).is_ok()), ["confirmed"]);
        assert_eq!(from(&|p| p.close(at).is_ok()), ["released"]);
        let early = ["received", "verified", "located", "planned"];
        assert_eq!(from(&|p| p.withdraw(at).is_ok()), early);
        let refuse = |p: Phase| p.refuse(String::new(), OfficerId::fresh(), at).is_ok();
        assert_eq!(from(&refuse), early);
    }

    #[test]
    fn a_phase_reads_back_from_its_stored_form() {
        for phase in every_phase() {
            let text = serde_json::to_string(&phase).unwrap();
            assert_eq!(serde_json::from_str::<Phase>(&text).unwrap(), phase);
        }
    }
}
