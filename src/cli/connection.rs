//! An officer's connection: a channel with the officer's certificate, the generated clients with
//! their bounds, and the server's refusals in words.

use std::sync::Arc;

use anyhow::{Context as _, Error, Result, anyhow};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::cli::homes::OfficerHome;
use crate::clock::Clock;
use crate::domain::instant::Instant;
use crate::domain::registry::{EquipmentTypes, ProblemCode, Specialties};
use crate::evidence::trust::TrustBundle;
use crate::limits;
use crate::pki::config::{Trust, client_config};
use crate::roster::words;
use crate::rpc::channel::{client_channel, refusal_behind};
use crate::rpc::status;
use crate::wire::code_list::{equipment_types, specialties};
use crate::wire::envelope::required;
use crate::wire::pb;
use pb::figure_service_client::FigureServiceClient;
use pb::force_service_client::ForceServiceClient;
use pb::identity_service_client::IdentityServiceClient;
use pb::key_service_client::KeyServiceClient;
use pb::ledger_service_client::LedgerServiceClient;
use pb::operation_service_client::OperationServiceClient;
use pb::order_service_client::OrderServiceClient;
use pb::organization_service_client::OrganizationServiceClient;
use pb::plan_service_client::PlanServiceClient;
use pb::registry_service_client::RegistryServiceClient;
use pb::report_service_client::ReportServiceClient;

/// Units or endpoints asked for at once: a page of the largest keeps within one message.
const LIST_PAGE_LEN: u32 = 300;
/// Pages after which a listing that does not end is given up.
const PAGES_MAX: usize = 10_000;

/// A connection of one officer.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Who asks.
    pub(crate) home: OfficerHome,
    channel: Channel,
    clock: Arc<dyn Clock>,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident $client:ident,)+) => {
        $($(#[$doc])*
        pub(crate) fn $name(&self) -> $client<Channel> {
            $client::new(self.channel.clone())
                .max_decoding_message_size(limits::OFFICER_ANSWER_LEN_MAX)
                .max_encoding_message_size(limits::OFFICER_REQUEST_LEN_MAX)
        })+
    };
}

impl Connection {
    /// Connects; the server must be vouched for by the home's authority.
    pub(crate) async fn open(home: OfficerHome, clock: Arc<dyn Clock>) -> Result<Self> {
        let trust = Trust::Authority(home.authority_pem()?);
        let tls = client_config(&trust, Some(&home.credentials()?), Arc::clone(&clock))?;
        let channel = client_channel(&home.file.server, &home.file.server_name, tls)
            .await
            .map_err(|failure| {
                let hint = "see that it runs and that officer.toml names it rightly";
                Error::new(failure).context(format!("no connection as {} ({hint})", home.id))
            })?;
        Ok(Self { home, channel, clock })
    }

    clients! {
        /// Keys of personal data.
        keys KeyServiceClient,
        /// Orders.
        orders OrderServiceClient,
        /// Units and endpoints.
        organization OrganizationServiceClient,
        /// Trust bundles and certificates.
        identity IdentityServiceClient,
        /// Reservists and equipment.
        registry RegistryServiceClient,
        /// Militia bases, enterprises and activities.
        force ForceServiceClient,
        /// The plan.
        plan PlanServiceClient,
        /// What the registry adds up to.
        figures FigureServiceClient,
        /// Reports.
        reports ReportServiceClient,
        /// The ledger.
        ledger LedgerServiceClient,
        /// Backup and check.
        operation OperationServiceClient,
    }

    /// The officer's own clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The trust bundle in force, once the one kept in the home vouches for it.
    pub(crate) async fn trust(&self) -> Result<TrustBundle> {
        let reply =
            self.identity().get_trust_bundle(request(pb::GetTrustBundleRequest::default())).await;
        let offered = required("envelope", reply.map_err(refused)?.into_inner().envelope.as_ref())?;
        self.home.take_trust(&offered, self.now())
    }

    /// All units.
    pub(crate) async fn units(&self) -> Result<Vec<pb::Unit>> {
        self.units_on("").await
    }

    /// The specialties in force.
    pub(crate) async fn specialties(&self) -> Result<Specialties> {
        let ask = request(pb::ListSpecialtiesRequest {});
        let listed = self.organization().list_specialties(ask).await.map_err(refused)?;
        specialties(&listed.into_inner().specialties)
            .context("the server's specialties do not hang together")
    }

    /// The types of equipment in force.
    pub(crate) async fn equipment_types(&self) -> Result<EquipmentTypes> {
        let ask = request(pb::ListEquipmentTypesRequest {});
        let listed = self.organization().list_equipment_types(ask).await.map_err(refused)?;
        equipment_types(&listed.into_inner().equipment_types)
            .context("the server's types of equipment do not hang together")
    }

    /// All units as they stood on a day; for an empty one those of today and those that ended.
    pub(crate) async fn units_on(&self, on_date: &str) -> Result<Vec<pb::Unit>> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        for _page in 0..PAGES_MAX {
            let page_size = LIST_PAGE_LEN;
            let (include_closed, on_date) = (on_date.is_empty(), on_date.to_owned());
            let ask = pb::ListUnitsRequest { page_size, page_token, include_closed, on_date };
            let page = self.organization().list_units(request(ask)).await.map_err(refused)?;
            let page = page.into_inner();
            all.extend(page.units);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
        Err(endless())
    }

    /// All endpoints under a unit; all there are for an empty code.
    pub(crate) async fn endpoints(&self, unit_code: &str) -> Result<Vec<pb::Endpoint>> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        for _page in 0..PAGES_MAX {
            let unit_code = unit_code.to_owned();
            let ask = pb::ListEndpointsRequest { page_size: LIST_PAGE_LEN, page_token, unit_code };
            let page = self.organization().list_endpoints(request(ask)).await.map_err(refused)?;
            let page = page.into_inner();
            all.extend(page.endpoints);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
        Err(endless())
    }
}

fn endless() -> Error {
    anyhow!("the server's list does not end: look at the server's log")
}

/// A message with the deadline that every call has.
pub(crate) fn request<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limits::CALL_PATIENCE);
    request
}

/// A fresh request id: a repeat of the same call by the library does the thing once.
pub(crate) fn request_id() -> String {
    Uuid::now_v7().to_string()
}

/// The stable reason of a refusal, if the server gave one.
pub(crate) fn reason_of(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason).filter(|reason| !reason.is_empty())
}

/// A refusal in words: what the server says, its stable reason, and the fields at fault.
pub(crate) fn refused(status: Status) -> Error {
    if let Some(refusal) = refusal_behind(&status) {
        return anyhow!("{refusal}");
    }
    let mut text = match (status.code(), status.message()) {
        (Code::Unavailable, said) => format!("the server is not to be reached now: {said}"),
        (Code::DeadlineExceeded | Code::Cancelled, _said) => {
            "the server did not answer in time: ask again; a request is never done twice".to_owned()
        }
        (code, "") => format!("the server refused and did not say why: {}", status::label(code)),
        (_code, said) => said.to_owned(),
    };
    if let Some(reason) = reason_of(&status) {
        text.push_str(&format!(" ({reason})"));
    }
    for fault in
        status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default()
    {
        // Where one field is at fault, the message is about that field already.
        if !text.contains(&fault.description) {
            text.push_str(&format!("; {}: {}", fault.field, fault.description));
        }
        text.push_str(&sentence(&fault.description).unwrap_or_default());
    }
    anyhow!(text)
}

/// What a bare code of a field's fault says, and what mends it; none for what is in words already.
fn sentence(code: &str) -> Option<String> {
    let is_known = ProblemCode::ALL.iter().any(|known| known.code() == code);
    let (wrong, mend) = words(code);
    is_known.then(|| format!(" ({wrong}. {mend})"))
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn a_refusal_says_the_message_the_reason_and_the_fields() {
        let mut details = ErrorDetails::with_error_info("NUMBER_TAKEN", "hoatoc", []);
        details.add_bad_request_violation("number", "is 4, the next is 5");
        let status = Status::with_error_details(Code::FailedPrecondition, "take number 5", details);
        assert_eq!(reason_of(&status).as_deref(), Some("NUMBER_TAKEN"));
        let text = refused(status).to_string();
        assert_eq!(text, "take number 5 (NUMBER_TAKEN); number: is 4, the next is 5");
    }

    #[test]
    fn a_field_with_a_bare_code_is_told_of_in_a_sentence() {
        let mut details = ErrorDetails::with_error_info("INVALID", "hoatoc", []);
        details.add_bad_request_violation("transfer_to_unit", "UNIT_UNKNOWN");
        let status = Status::with_error_details(Code::InvalidArgument, "not good", details);
        let text = refused(status).to_string();
        let told = "; transfer_to_unit: UNIT_UNKNOWN (không có xã, phường này. Viết tên đầy đủ";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn what_the_message_says_of_a_field_is_not_said_again() {
        let mut details = ErrorDetails::with_error_info("FILTER_INVALID", "hoatoc", []);
        details.add_bad_request_violation("filter", "at 1: expected a field");
        let said = "the filter cannot be used: at 1: expected a field";
        let status = Status::with_error_details(Code::InvalidArgument, said, details);
        assert_eq!(refused(status).to_string(), format!("{said} (FILTER_INVALID)"));
        let silent = refused(Status::new(Code::PermissionDenied, "")).to_string();
        assert!(silent.contains("PERMISSION_DENIED") && !silent.contains("caller"), "{silent}");
    }

    #[test]
    fn silence_and_absence_say_what_to_do() {
        let late = refused(Status::deadline_exceeded("")).to_string();
        assert!(late.contains("ask again"), "{late}");
        let gone = refused(Status::unavailable("stopping")).to_string();
        assert!(gone.contains("stopping"), "{gone}");
    }
}
