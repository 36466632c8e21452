//! Packs what was found, states what was done, signs it, and seals the file. Written as a stream
//! from sealed parts into a sealed blob: nothing is whole in memory and nothing is plain on disk.

use std::io::{self, BufRead, BufReader, Write};

use habeas_domain::{
    phase::Artifact,
    plan::{Plan, Verb as PlanVerb},
    right::Lane,
};
use habeas_proof::{About, CollectionInfo, FieldInfo, PackageWriter, Receipt, Record, Records};
use habeas_storage::{
    plans, requests,
    requests::Request,
    steps::{self, State, Step},
};
use habeas_vault::{BlobName, BlobRef, DataKey, Vault};

use super::{
    Failed,
    access::PURPOSE_PART,
    receipt::{self, Ended},
};
use crate::{
    Engine, UseCaseError, desk,
    engine::{blocking, internal},
    flow,
    result::{Part, StepResult},
    subject::PURPOSE_ARTIFACT,
};

pub(super) async fn run(engine: &Engine, step: &Step) -> Result<(), Failed> {
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    let plan_id = request
        .phase
        .plan_ref()
        .ok_or_else(|| internal("an executed request has a plan"))?
        .id;
    let id = request.id;
    let (stored, steps, identity) = engine
        .read(move |tx| {
            let identity = desk::proven_kind(tx, id)?;
            Ok((
                plans::get(tx, plan_id)?,
                steps::of_request(tx, id)?,
                identity,
            ))
        })
        .await?;
    let receipt = state(engine, &key, &request, &stored.plan, &steps, identity)?;
    let collections = contents(engine, &key, &stored.plan, &steps)?;
    let person = engine.person(&key, &request.person)?;
    let about = About {
        reference: request.reference.clone(),
        controller: engine.0.site.controller.clone(),
        subject: (!person.name.reveal().is_empty()).then_some(person.name),
        contact: Some(engine.0.site.contact.clone()),
    };
    let name: BlobName = format!("req/{}/package/{}", step.request, step.lease_epoch)
        .parse()
        .map_err(internal)?;
    let job = Packing {
        vault: engine.0.vault.clone(),
        key,
        name,
        about,
        collections,
        receipt,
    };
    let for_signing = engine.clone();
    let blob = blocking(move || Ok(job.write(&for_signing.0.signer)))
        .await?
        .map_err(|failed| *failed)?;
    engine.0.meter.package(blob.bytes);
    engine.cut("packed");

    let artifact = Artifact {
        blob: blob.name.to_string(),
        sha256: blob.sha256,
        bytes: blob.bytes,
    };
    engine
        .finish(
            step,
            State::Done,
            "packed",
            None,
            move |engine, tx, request, now| {
                let phase = request.phase.clone().confirm(artifact)?;
                let request = requests::advance(tx, request, &phase, now)?;
                let detail = "the answer is packed and signed".to_owned();
                flow::fact(tx, &request, "engine", "answer.ready", detail, now)?;
                if request.right.lane() == Lane::Open {
                    engine.release_answer(tx, &request, "engine", now)?;
                }
                Ok(())
            },
        )
        .await?;
    // The parts are inside the package now. Left behind by a crash here, they stay sealed and go
    // with the request's key.
    let (vault, request) = (engine.0.vault.clone(), step.request);
    blocking(move || {
        let folder: BlobName = format!("req/{request}/step").parse().map_err(internal)?;
        Ok(vault.delete_prefix(&folder)?)
    })
    .await?;
    Ok(())
}

/// The statement that is signed.
fn state(
    engine: &Engine,
    key: &DataKey,
    request: &Request,
    plan: &Plan,
    steps: &[Step],
    identity: Option<String>,
) -> Result<Receipt, Failed> {
    let day = engine.date_of(request.received_at);
    let rule = engine
        .0
        .law
        .profile(&request.law_profile, day)
        .and_then(|profile| profile.rule(request.right))
        .map_err(internal)?;
    let mut stores = Vec::new();
    for planned in &plan.steps {
        let connector = engine.0.connectors.get(&planned.store).ok_or_else(|| {
            Failed::parked(
                "unregistered",
                "a store of the plan is not configured any more",
            )
        })?;
        let ended = steps
            .iter()
            .filter(|step| step.store == planned.store.as_str())
            .map(|step| {
                Ok(Ended {
                    step,
                    result: StepResult::of(key, step)?,
                })
            })
            .collect::<Result<Vec<_>, UseCaseError>>()?;
        let map = connector.map();
        stores.push(receipt::store(
            planned,
            map,
            &connector.capabilities(),
            &ended,
        ));
    }
    let identity = match (request.right.lane(), identity) {
        (Lane::Open, _) => None,
        (Lane::Verified, Some(kind)) => Some(format!(
            "a code sent to the {kind} address on file was returned"
        )),
        (Lane::Verified, None) => None,
    };
    let mut notes = vec![
        "This receipt shows what the systems named here answered. It does not show what backups \
         hold; they expire on their own schedule."
            .to_owned(),
    ];
    notes.extend(engine.remedies(request));
    Ok(Receipt {
        receipt_id: request.id.to_string(),
        reference: request.reference.clone(),
        controller: engine.0.site.controller.clone(),
        right: request.right,
        law: format!("{}, {}", engine.law_title(request), rule.citation),
        received_at: receipt::rfc3339(request.received_at),
        identity,
        due: request.due_on.to_string(),
        completed_at: receipt::rfc3339(engine.now()),
        decision: receipt::decision(&stores).to_owned(),
        plan_sha256: request.phase.plan_ref().map(|plan| plan.hash.to_string()),
        stores,
        notes,
    })
}

/// The collections of a package with their sealed parts; none for a receipt.
fn contents(
    engine: &Engine,
    key: &DataKey,
    plan: &Plan,
    steps: &[Step],
) -> Result<Vec<(CollectionInfo, Vec<Part>)>, Failed> {
    let mut contents = Vec::new();
    for planned in plan
        .steps
        .iter()
        .filter(|step| step.verb == PlanVerb::Access)
    {
        let Some(connector) = engine.0.connectors.get(&planned.store) else {
            continue;
        };
        let mut parts = Vec::new();
        for step in steps
            .iter()
            .filter(|step| step.store == planned.store.as_str())
        {
            if let Some(StepResult::Accessed { parts: found, .. }) = StepResult::of(key, step)? {
                parts.extend(found);
            }
        }
        let map = connector.map();
        for (name, collection) in &map.collections {
            let mine: Vec<Part> = parts
                .iter()
                .filter(|part| part.collection == *name)
                .cloned()
                .collect();
            if mine.is_empty() {
                continue;
            }
            let fields = collection
                .columns
                .iter()
                .map(|(column, spec)| FieldInfo {
                    name: column.clone(),
                    category: spec.category.clone(),
                    explanation: spec.title.clone(),
                })
                .collect();
            let info = CollectionInfo {
                store: map.store.to_string(),
                store_title: map.title.clone(),
                name: name.clone(),
                title: collection.title(name).to_owned(),
                description: collection.description.clone(),
                fields,
            };
            contents.push((info, mine));
        }
    }
    Ok(contents)
}

struct Packing {
    vault: Vault,
    key: DataKey,
    name: BlobName,
    about: About,
    collections: Vec<(CollectionInfo, Vec<Part>)>,
    receipt: Receipt,
}

impl Packing {
    fn write(self, signer: &habeas_proof::Signer) -> Result<BlobRef, Box<Failed>> {
        let boxed = |error: habeas_proof::PackageError| Box::new(Failed::Package(error));
        let sealed = self
            .vault
            .create(&self.key, &self.name, PURPOSE_ARTIFACT)
            .map_err(|error| Box::new(error.into()))?;
        let mut package = PackageWriter::new(sealed, self.about).map_err(boxed)?;
        for (info, parts) in &self.collections {
            let open = || records(&self.vault, &self.key, parts);
            package.collection(info, &open).map_err(boxed)?;
        }
        let (mut sealed, _) = package.finish(self.receipt, signer).map_err(boxed)?;
        sealed
            .flush()
            .map_err(|error| Box::new(Failed::UseCase(UseCaseError::Unavailable(error.into()))))?;
        sealed.finish().map_err(|error| Box::new(error.into()))
    }
}

/// Reads sealed parts record by record. A part that ends too early is an error, not an end.
fn records<'a>(vault: &'a Vault, key: &'a DataKey, parts: &'a [Part]) -> io::Result<Records<'a>> {
    let lines = parts.iter().flat_map(move |part| {
        let opened = vault
            .open(key, &part.blob.name, PURPOSE_PART)
            .map_err(io::Error::other);
        let lines: Box<dyn Iterator<Item = io::Result<Record>>> = match opened {
            Ok(reader) => Box::new(BufReader::new(reader).split(b'\n').map(|line| {
                serde_json::from_slice(&line?)
                    .map_err(|_| io::Error::other("a sealed record cannot be read"))
            })),
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        lines
    });
    Ok(Box::new(lines))
}
