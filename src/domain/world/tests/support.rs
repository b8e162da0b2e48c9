//! A small province that speaks the domain: three units, four endpoints, six officers.

mod fixtures;

use uuid::Uuid;

pub(crate) use fixtures::*;

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::order::delivery::{Answer, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, OrderKind, Reference, ReferenceKind, Urgency};
use crate::domain::unit::UnitKind;
use crate::domain::world::{Actor, Command, Decision, Entry, OrderFile, Refusal, Request, World};
use crate::evidence::key::SigningKey;
use crate::wire;

/// A world with its clock and its ledger.
#[derive(Clone)]
pub(crate) struct Province {
    pub(crate) world: World,
    pub(crate) now: Instant,
    pub(crate) ledger: Vec<Entry>,
    next_id: u128,
}

impl Province {
    pub(crate) fn empty() -> Self {
        Self { world: World::default(), now: START, ledger: Vec::new(), next_id: 1 }
    }

    pub(crate) fn new() -> Self {
        let mut province = Self::empty();
        let units = vec![
            unit("11", UnitKind::ProvincialCommand, None),
            unit("KV1", UnitKind::DefensiveAreaCommand, Some("11")),
            unit("03160", UnitKind::Commune, Some("KV1")),
        ];
        let addresses = ["11/military", "KV1/military", "03160/military", "03160/civil"];
        let code = "11".parse().expect("a code");
        for command in [
            Command::Found { province: code, origin: "dienbien.example/ledger".to_owned() },
            Command::PublishTrust(trust(&bundle(), &[201, 202])),
            Command::PutUnits(units),
            Command::AddEndpoints(addresses.map(address).to_vec()),
        ] {
            province.does(&Actor::Server, command).expect("a province can be set up");
        }
        province
    }

    pub(crate) fn pass(&mut self, ms: i64) {
        self.now = self.now.offset_by(ms);
    }

    /// Decides and applies as the owner of the world does; the world stays sound.
    pub(crate) fn handle(&mut self, request: &Request) -> Result<Decision, Refusal> {
        let decision = self.world.decide(request, self.now)?;
        if let Decision::Happens(events) = &decision {
            for event in events {
                let (at, actor) = (self.now, request.actor.clone());
                let entry = Entry { at, actor, request: request.id.clone(), event: event.clone() };
                self.world.apply(&entry);
                self.ledger.push(entry);
            }
            assert_eq!(self.world.check(), [], "after {:?}", request.command);
        }
        Ok(decision)
    }

    pub(crate) fn does(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        self.handle(&Request { actor: actor.clone(), id: None, command })
    }

    pub(crate) fn everybody(&self) -> Audience {
        self.under("11")
    }

    pub(crate) fn under(&self, code: &str) -> Audience {
        let units = [code.parse().expect("a code")].into();
        let selector = AudienceSelector { units, ..AudienceSelector::default() };
        selector.resolve(self.world.units(), self.world.endpoints()).expect("somebody")
    }

    /// An order to everybody, drafted now by the clerk, to be answered in 15 minutes, void in a day.
    pub(crate) fn order(&mut self, handling: Handling) -> Order {
        let order_id = OrderId::new(Uuid::from_u128(self.next_id));
        self.next_id += 1;
        let year = self.now.year_in_vietnam();
        let actual = handling == Handling::Actual;
        Order {
            id: order_id,
            handling,
            kind: OrderKind::PersonnelCallUp,
            urgency: Urgency::Flash,
            ground: if actual { LegalGround::Disaster } else { LegalGround::Drill },
            province: "11".parse().expect("a code"),
            epoch: self.world.epoch(),
            series_year: year,
            number: self.world.next_number(handling, year),
            drafted_by: id("clerk"),
            drafted_at: self.now,
            title: "Huy động lực lượng dự bị".to_owned(),
            body: "Tập trung tại trạm.\nBáo cáo quân số.".to_owned(),
            station: None,
            requirements: Vec::new(),
            answer_by: self.now.offset_by(15 * MINUTE),
            report_by: None,
            not_after: self.now.offset_by(DAY),
            audience: self.everybody(),
            reference: None,
            call_up: None,
        }
    }

    /// An order like the given one that updates or cancels it.
    pub(crate) fn follow_up(&mut self, earlier: &OrderId, kind: ReferenceKind) -> Order {
        let file = self.file(earlier);
        let reference = Reference { kind, order: *earlier, digest: file.digest };
        let (handling, audience) = (file.order.handling, file.order.audience.clone());
        let not_after = file.order.not_after.max(self.now.offset_by(DAY));
        Order { reference: Some(reference), audience, not_after, ..self.order(handling) }
    }

    pub(crate) fn file(&self, order: &OrderId) -> &OrderFile {
        self.world.order(order).expect("there is such an order")
    }

    pub(crate) fn draft(&mut self, order: &Order) -> Result<OrderId, Refusal> {
        let author = Actor::Officer(order.drafted_by.clone());
        self.does(&author, Command::Draft(new_draft(order)))?;
        Ok(order.id)
    }

    /// An officer signs with the key that fits the order's handling.
    pub(crate) fn sign(&mut self, order: OrderId, name: &str) -> Result<Decision, Refusal> {
        let key = key_for(name, self.file(&order).order.handling);
        self.sign_with(order, name, &key)
    }

    pub(crate) fn sign_with(
        &mut self,
        order: OrderId,
        name: &str,
        key: &SigningKey,
    ) -> Result<Decision, Refusal> {
        let signature = signature(&self.file(&order).envelope, key);
        self.does(&officer(name), Command::AddSignature { order, signature })
    }

    pub(crate) fn issue(&mut self, order: OrderId) -> Result<Decision, Refusal> {
        let traceparent = String::new();
        self.does(&officer("commander"), Command::Issue { order, traceparent })
    }

    pub(crate) fn issue_signed(
        &mut self,
        order: &Order,
        keys: &[SigningKey],
    ) -> Result<Decision, Refusal> {
        let draft = signed_draft(order, keys);
        self.does(&officer("duty"), Command::IssueSigned(draft))
    }

    pub(crate) fn issued(&mut self, handling: Handling) -> OrderId {
        let order = self.order(handling);
        self.issue_order(&order)
    }

    pub(crate) fn issue_order(&mut self, order: &Order) -> OrderId {
        let order = self.draft(order).expect("a sound draft");
        self.sign(order, "commander").expect("the commander may sign");
        if self.file(&order).order.handling == Handling::Actual {
            self.sign(order, "commissar").expect("the commissar may approve");
        }
        self.issue(order).expect("enough have signed");
        order
    }

    /// The next answer of an endpoint, happening now by a true clock.
    pub(crate) fn answer(&self, order: OrderId, endpoint: u32, fact: Fact) -> Answer {
        let file = self.file(&order);
        let given = file.deliveries.get(&no(endpoint)).map_or(0, |row| row.answers.len());
        let by_a_person = !matches!(fact, Fact::Delivered | Fact::Opened);
        Answer {
            order,
            order_digest: file.digest,
            endpoint: no(endpoint),
            number: u32::try_from(given).expect("few") + 1,
            fact,
            happened_at: self.now,
            answered_by: if by_a_person { "trực ban".to_owned() } else { String::new() },
            note: String::new(),
        }
    }

    pub(crate) fn take(&mut self, answer: Answer) -> Result<Decision, Refusal> {
        self.take_over(answer, 0)
    }

    pub(crate) fn take_over(
        &mut self,
        answer: Answer,
        clock_offset_ms: i64,
    ) -> Result<Decision, Refusal> {
        let endpoint = answer.endpoint;
        let envelope = answer_envelope(&answer);
        let command = Command::TakeAnswer { answer, envelope, clock_offset_ms };
        self.does(&Actor::Endpoint(endpoint), command)
    }

    pub(crate) fn says(
        &mut self,
        order: OrderId,
        endpoint: u32,
        fact: Fact,
    ) -> Result<Decision, Refusal> {
        self.take(self.answer(order, endpoint, fact))
    }

    /// The world that the ledger's leaves make, read back from their bytes.
    pub(crate) fn replayed(&self) -> World {
        let mut world = World::default();
        for entry in &self.ledger {
            let read = wire::entry::decode(&wire::entry::encode(entry)).expect("our own leaf");
            assert_eq!(&read, entry);
            world.apply(&read);
        }
        world
    }
}
