//! The disk of the database, the keys and the files is full: nothing is acknowledged that is not on
//! record, and everything goes on by itself once there is room.
//!
//! Mounts a small file system, and so wants to be root in a mount namespace of its own; elsewhere it
//! says that it was not played.

use std::{fs, io::Write as _, path::Path, process::Command};

use anyhow::{Context as _, ensure};

use super::{NotHere, Played, Swarm, judge, open_with, swarm, wish};
use crate::{
    check::{Found, Invariant},
    rig::{
        installation::{Installation, Stage, Wants},
        subject::{Door, Wish},
    },
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    if !stage.may_mount {
        return Err(NotHere("needs root, `unshare --mount` and --may-mount").into());
    }
    let volume = Volume::mount()?;
    let wants = Wants {
        data: Some(volume.0.path().to_owned()),
        ..Wants::persons(8)
    };
    let (house, _officer) = open_with(&stage, wants).await?;
    let dice = &mut stage.dice;
    let Swarm(mut people) = swarm(&house, dice, 3)?;
    let filler = volume.fill()?;
    house.fault();
    let late = Wish {
        door: Door::Api,
        ..wish(&house, dice)?
    };
    refuses(&house, late).await?;
    fs::remove_file(filler)?;
    let again = std::sync::Arc::clone(&house);
    people.spawn(async move { again.make(late).await });
    let played = judge(&house, Swarm(people), 1).await;
    drop(house);
    drop(volume);
    played
}

/// One call that cannot be recorded.
async fn refuses(house: &Installation, wish: Wish) -> anyhow::Result<()> {
    let key = format!("api-{}-{}", wish.person, wish.right);
    house.note(|seen| seen.keys.insert(key.clone()));
    let answer = house.ask(&wish.call(&key)).await?;
    if answer.status != 503 {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "503 while the disk is full",
                answer.status.to_string(),
            ));
        });
    }
    Ok(())
}

struct Volume(tempfile::TempDir);

impl Volume {
    fn mount() -> anyhow::Result<Volume> {
        let folder = tempfile::Builder::new()
            .prefix("habeas-torture-")
            .tempdir()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .status()?;
        ensure!(mounted.success(), "a small file system cannot be mounted");
        Ok(Volume(folder))
    }

    /// Writes until nothing goes in any more.
    fn fill(&self) -> anyhow::Result<std::path::PathBuf> {
        let path = self.0.path().join("filler");
        let mut file = fs::File::create(&path)?;
        for size in [64 * 1024, 4096, 1] {
            let piece = vec![0; size];
            while file.write_all(&piece).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Goes with the namespace otherwise.
        let _ = umount(self.0.path());
    }
}

fn umount(folder: &Path) -> anyhow::Result<()> {
    let done = Command::new("umount").arg("-l").arg(folder).status();
    ensure!(
        done.context("umount does not run")?.success(),
        "still mounted"
    );
    Ok(())
}
