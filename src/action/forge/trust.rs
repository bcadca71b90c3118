//! Whose marker counts. Anybody may write into a public repository: a stranger's issue with our marker must neither
//! keep a problem from being filed nor be taken for its issue.

use super::{
    answer::refusal,
    client::Forge,
    dialect::{Author, Request},
};
use crate::action::{Error, remote::Repository};
use serde_json::Value;

impl Forge {
    /// Whether an issue by this author may be one of ours: written with our own token, by somebody who works on the
    /// repository, as of a team with several tokens, or by somebody whom the configuration names.
    ///
    /// # Errors
    /// Where the forge does not say who that is: then nothing may be sent.
    pub(super) async fn trusts(
        &self,
        author: Option<&Author>,
        repository: &Repository,
    ) -> Result<bool, Error> {
        // A server that does not say who wrote it leaves nothing to check.
        let Some(author) = author else { return Ok(true) };
        let is_author = |name: &String| name.eq_ignore_ascii_case(&author.login);
        if author.is_member || self.settings().trusted.iter().any(is_author) {
            return Ok(true);
        }
        if let Some(known) = self.memory(|m| m.trusted.get(&author.login).copied()) {
            return Ok(known);
        }
        let is_trusted = match self.us().await? {
            Some(us) if is_author(&us) => true,
            // Who cannot say who it is is a robot with a token of the repository's own, as in its workflows.
            None if author.is_robot => true,
            _ => self.is_vouched_for(author, repository).await?,
        };
        self.memory(|m| m.trusted.insert(author.login.clone(), is_trusted));
        Ok(is_trusted)
    }

    /// Takes the author of what our own token made for one of us.
    pub(super) fn meet(&self, author: Option<&Author>) {
        if let Some(author) = author {
            self.memory(|m| m.trusted.insert(author.login.clone(), true));
        }
    }

    /// The name of our token's user; `None` for a token that belongs to no user.
    async fn us(&self) -> Result<Option<String>, Error> {
        let ask = || async {
            let told = self.ask(&Request::get("/user".to_owned())).await?;
            Ok(told.and_then(|told| self.dialect().us(told).ok()).map(|us| us.login))
        };
        self.who_we_are().get_or_try_init(ask).await.cloned()
    }

    async fn is_vouched_for(
        &self,
        author: &Author,
        repository: &Repository,
    ) -> Result<bool, Error> {
        let dialect = self.dialect();
        for request in dialect.vouch(repository, author) {
            if self.ask(&request).await?.is_some_and(|told| dialect.vouches(&told)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is answered, null where there is only a yes; `None` where it is refused or there is no such thing.
    async fn ask(&self, request: &Request) -> Result<Option<Value>, Error> {
        let (place, repository) = self.target()?;
        let answer = self.send(request).await?;
        match answer.status.as_u16() {
            200..300 => Ok(Some(serde_json::from_slice(&answer.body).unwrap_or_default())),
            403 | 404 | 422 => Ok(None),
            _ => {
                let refused = refusal(answer.status, &answer.body, repository, place);
                let (Error::Unknown(text) | Error::Refused(text)) = refused;
                Err(Error::Refused(text))
            }
        }
    }
}
