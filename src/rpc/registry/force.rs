//! Bases, enterprises and activities: imported by what they are known by, shown and listed.

use tonic::{Request, Response, Status, Streaming};

use crate::domain::ids::RequestId;
use crate::engine::records::RowMode;
use crate::rpc::registry::calls::{request_id, uuid};
use crate::rpc::registry::list::{Listed, Wanted};
use crate::rpc::registry::{Answers, Caller, Gate, RegistryDoor, RegistryFault, RegistryParts};
use crate::wire::pb::force_service_server::ForceService;
use crate::wire::registry::{RegistryRecord, View};
use crate::wire::{WireError, pb};

impl RegistryParts {
    /// One record, whole or masked.
    async fn one<R: RegistryRecord>(
        &self,
        field: &'static str,
        id: &str,
        caller: &Caller,
    ) -> Result<R, RegistryFault> {
        let id = uuid(field, id)?;
        self.must_reach(R::KIND, &id, caller)?;
        let view = if caller.sees_all { View::Whole } else { View::Masked };
        let shown = self.read::<R>(vec![id], view, caller).await?;
        shown.into_iter().next().ok_or(RegistryFault::Unknown)
    }

    /// Replaces one record.
    async fn replace<R: RegistryRecord>(
        &self,
        name: (RequestId, [u8; 32]),
        field: &'static str,
        record: R,
        caller: &Caller,
    ) -> Result<(R, u64), RegistryFault> {
        let (id, version) = record.identity();
        let id = uuid(field, id)?;
        self.must_keep(R::KIND, &id, caller)?;
        let mode = RowMode::Update { id, version };
        self.put(record, mode, name, caller).await
    }
}

macro_rules! force_service {
    ($($record:ident $field:ident $fields:ident $id:ident,
       $import:ident $import_name:literal $import_request:ident $import_response:ident $stream:ident,
       $get:ident $get_name:literal $get_request:ident $get_response:ident,
       $update:ident $update_name:literal $update_request:ident $update_response:ident,
       $list:ident $list_name:literal $list_request:ident $list_response:ident;)+) => {
        #[tonic::async_trait]
        impl<G: Gate> ForceService for RegistryDoor<G> {$(
            type $stream = Answers<pb::$import_response>;

            async fn $import(
                &self,
                request: Request<Streaming<pb::$import_request>>,
            ) -> Result<Response<Self::$stream>, Status> {
                let caller = self.enter(&request, $import_name)?;
                Ok(Response::new(self.import(request.into_inner(), caller)))
            }

            async fn $get(
                &self,
                request: Request<pb::$get_request>,
            ) -> Result<Response<pb::$get_response>, Status> {
                let caller = self.enter(&request, $get_name)?;
                let id = request.into_inner().$id;
                let one = self.parts.one::<pb::$record>(stringify!($id), &id, &caller).await;
                self.answer(one.map(|one| pb::$get_response { $field: Some(one) }))
            }

            async fn $update(
                &self,
                request: Request<pb::$update_request>,
            ) -> Result<Response<pb::$update_response>, Status> {
                let caller = self.enter(&request, $update_name)?;
                let request = request.into_inner();
                let replaced = async {
                    let name = request_id(&request.request_id, $update_name, &request)?;
                    let record =
                        request.$field.ok_or_else(|| WireError::missing(stringify!($field)))?;
                    self.parts.replace(name, stringify!($id), record, &caller).await
                };
                self.answer(replaced.await.map(|(record, ledger_index)| {
                    pb::$update_response { $field: Some(record), ledger_index }
                }))
            }

            async fn $list(
                &self,
                request: Request<pb::$list_request>,
            ) -> Result<Response<pb::$list_response>, Status> {
                let caller = self.enter(&request, $list_name)?;
                let pb::$list_request { page_size, page_token, filter, view } = request.into_inner();
                let wanted = Wanted { page_size, page_token, filter, view, ..Wanted::default() };
                let listed = self.parts.list(wanted, &caller).await;
                self.answer(listed.map(|listed| {
                    let Listed { records: $fields, next_page_token, total_size } = listed;
                    pb::$list_response { $fields, next_page_token, total_size }
                }))
            }
        )+}
    };
}

force_service! {
    MilitiaBase militia_base militia_bases militia_base_id,
    import_militia_bases "ImportMilitiaBases" ImportMilitiaBasesRequest ImportMilitiaBasesResponse
        ImportMilitiaBasesStream,
    get_militia_base "GetMilitiaBase" GetMilitiaBaseRequest GetMilitiaBaseResponse,
    update_militia_base "UpdateMilitiaBase" UpdateMilitiaBaseRequest UpdateMilitiaBaseResponse,
    list_militia_bases "ListMilitiaBases" ListMilitiaBasesRequest ListMilitiaBasesResponse;
    Enterprise enterprise enterprises enterprise_id,
    import_enterprises "ImportEnterprises" ImportEnterprisesRequest ImportEnterprisesResponse
        ImportEnterprisesStream,
    get_enterprise "GetEnterprise" GetEnterpriseRequest GetEnterpriseResponse,
    update_enterprise "UpdateEnterprise" UpdateEnterpriseRequest UpdateEnterpriseResponse,
    list_enterprises "ListEnterprises" ListEnterprisesRequest ListEnterprisesResponse;
    Activity activity activities activity_id,
    import_activities "ImportActivities" ImportActivitiesRequest ImportActivitiesResponse
        ImportActivitiesStream,
    get_activity "GetActivity" GetActivityRequest GetActivityResponse,
    update_activity "UpdateActivity" UpdateActivityRequest UpdateActivityResponse,
    list_activities "ListActivities" ListActivitiesRequest ListActivitiesResponse;
}
