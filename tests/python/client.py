"""A client made from the proto files alone, in another language.

Plays the clerk, the signing officer and one commune's terminal against a serving server: adds units
and an endpoint, drafts an exercise order and makes its payload, signs it, issues it; enrols a
terminal, receives the order on the stream, checks its signature, answers; reads the report; then
fetches the whole ledger, recomputes its root and checks the signed head. Shares no code with hoatoc.

usage: client.py PROTO_DIR ADMIN_HOME CLERK_HOME SIGNER_HOME HOST:PORT
Homes are officer homes as `hoatoc officer add` makes them. Prints "ok" last, or raises.
"""

import base64
import datetime
import hashlib
import os
import pathlib
import queue
import sys
import tempfile
import uuid

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from grpc_tools import protoc


def compile_protos(proto_dir):
    out = tempfile.mkdtemp()
    files = [str(path) for path in pathlib.Path(proto_dir).rglob("*.proto")]
    well_known = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{proto_dir}", f"-I{well_known}"]
    arguments += [f"--python_out={out}", f"--grpc_python_out={out}", *files]
    assert protoc.main(arguments) == 0, "the proto files do not compile"
    sys.path.insert(0, out)


PROTO_DIR, ADMIN, CLERK, SIGNER, SERVER = sys.argv[1:6]
compile_protos(PROTO_DIR)

from google.protobuf.timestamp_pb2 import Timestamp  # noqa: E402
from google.rpc import error_details_pb2, status_pb2  # noqa: E402
from hoatoc.v1 import identity_pb2, identity_pb2_grpc  # noqa: E402
from hoatoc.v1 import ledger_pb2, ledger_pb2_grpc  # noqa: E402
from hoatoc.v1 import order_pb2, order_pb2_grpc  # noqa: E402
from hoatoc.v1 import organization_pb2, organization_pb2_grpc  # noqa: E402
from hoatoc.v1 import report_pb2, report_pb2_grpc  # noqa: E402
from hoatoc.v1 import terminal_pb2, terminal_pb2_grpc  # noqa: E402


def read(home, name):
    return (pathlib.Path(home) / name).read_bytes()


def passphrase():
    """What officers' keys are under."""
    return pathlib.Path(os.environ["HOATOC_PASSPHRASE_FILE"]).read_bytes().splitlines()[0]


def channel(key, certificate):
    credentials = grpc.ssl_channel_credentials(read(ADMIN, "authority.crt"), key, certificate)
    return grpc.secure_channel(SERVER, credentials)


def officer(home):
    return channel(read(home, "tls.key"), read(home, "tls.crt"))


def request_id():
    return str(uuid.uuid4())


def timestamp(moment):
    stamp = Timestamp()
    # The record keeps milliseconds; a payload has one spelling only.
    stamp.FromMilliseconds(int(moment.timestamp() * 1000))
    return stamp


def pae(payload_type, payload):
    parts = [b"DSSEv1", str(len(payload_type)).encode(), payload_type.encode()]
    return b" ".join(parts + [str(len(payload)).encode(), payload])


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def sign(key, payload_type, payload):
    envelope_pb2 = order_pb2.hoatoc_dot_v1_dot_envelope__pb2
    return envelope_pb2.Signature(
        key_id=hashlib.sha256(raw(key.public_key())).digest(),
        signature=key.sign(pae(payload_type, payload)),
    )


def refusal(call, *arguments):
    """The stable reason of a call that must be refused."""
    try:
        call(*arguments)
    except grpc.RpcError as error:
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for detail in status_pb2.Status.FromString(value).details:
                    info = error_details_pb2.ErrorInfo()
                    if detail.Unpack(info):
                        assert info.domain == "hoatoc", info
                        return info.reason
        raise AssertionError(f"refused without ErrorInfo: {error}") from error
    raise AssertionError("not refused")


def prepare():
    organization = organization_pb2_grpc.OrganizationServiceStub(officer(ADMIN))
    kinds = organization_pb2
    units = [
        kinds.Unit(code="11", name="Tỉnh", kind=kinds.UNIT_KIND_PROVINCIAL_COMMAND),
        kinds.Unit(code="KV9", name="Khu vực 9", kind=kinds.UNIT_KIND_DEFENSIVE_AREA_COMMAND,
                   parent_code="11"),
        kinds.Unit(code="03999", name="Xã Thử", kind=kinds.UNIT_KIND_COMMUNE, parent_code="KV9"),
    ]
    organization.PutUnits(kinds.PutUnitsRequest(request_id=request_id(), units=units))
    endpoint = kinds.NewEndpoint(unit_code="03999", line=kinds.LINE_MILITARY)
    same = kinds.AddEndpointsRequest(request_id=request_id(), endpoints=[endpoint])
    first = organization.AddEndpoints(same)
    again = organization.AddEndpoints(same)
    assert first.ledger_index == again.ledger_index, "the same request id did the thing twice"
    other = kinds.AddEndpointsRequest(request_id=request_id(), endpoints=[endpoint])
    assert refusal(organization.AddEndpoints, other) == "ENDPOINT_EXISTS"
    return first.endpoints[0]


def draft_and_issue():
    orders = order_pb2_grpc.OrderServiceStub(officer(CLERK))
    empty = order_pb2.ResolveAudienceRequest(
        selector=order_pb2.AudienceSelector(), handling=order_pb2.HANDLING_EXERCISE)
    assert refusal(orders.ResolveAudience, empty) == "AUDIENCE_EMPTY"
    selector = order_pb2.AudienceSelector(unit_codes=["03999"])
    resolved = orders.ResolveAudience(
        order_pb2.ResolveAudienceRequest(selector=selector, handling=order_pb2.HANDLING_EXERCISE))
    now = resolved.server_time.ToDatetime(datetime.timezone.utc)
    payload = order_pb2.OrderPayload(
        format=1, order_id=uuid.uuid4().bytes, handling=order_pb2.HANDLING_EXERCISE,
        kind=order_pb2.ORDER_KIND_DIRECTIVE, urgency=order_pb2.URGENCY_FLASH,
        ground=order_pb2.LEGAL_GROUND_DRILL, province_code=resolved.province_code,
        epoch=resolved.epoch, series_year=resolved.series_year, number=resolved.next_number,
        drafted_by="clerk", drafted_time=timestamp(now), title="Diễn tập thông tin",
        body="Báo cáo khi nhận được.",
        answer_by_time=timestamp(now + datetime.timedelta(minutes=15)),
        not_after_time=timestamp(now + datetime.timedelta(hours=24)), audience=resolved.audience,
    ).SerializeToString(deterministic=True)
    payload_type = "application/vnd.hoatoc.order.exercise.v1+protobuf"
    drafted = orders.DraftOrder(order_pb2.DraftOrderRequest(
        request_id=request_id(), payload_type=payload_type, payload=payload))
    order_id = drafted.order.order_id
    issue = order_pb2.IssueOrderRequest(request_id=request_id(), order_id=order_id)
    signer = order_pb2_grpc.OrderServiceStub(officer(SIGNER))
    assert refusal(signer.IssueOrder, issue) == "SIGNATURES_MISSING"
    wrong = serialization.load_pem_private_key(read(SIGNER, "sign-actual.key"), passphrase())
    bad = order_pb2.SubmitSignatureRequest(
        request_id=request_id(), order_id=order_id, signature=sign(wrong, payload_type, payload))
    assert refusal(signer.SubmitSignature, bad) == "SIGNATURE_INVALID"
    key = serialization.load_pem_private_key(read(SIGNER, "sign-exercise.key"), passphrase())
    good = order_pb2.SubmitSignatureRequest(
        request_id=request_id(), order_id=order_id, signature=sign(key, payload_type, payload))
    signer.SubmitSignature(good)
    signer.IssueOrder(order_pb2.IssueOrderRequest(request_id=request_id(), order_id=order_id))
    return order_id, payload_type, payload, key.public_key()


def enrol(address):
    identity = identity_pb2_grpc.IdentityServiceStub(officer(ADMIN))
    created = identity.CreateEnrolmentCode(
        identity_pb2.CreateEnrolmentCodeRequest(request_id=request_id(), address=address))
    secret = secret_of(created.code)
    tls_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "terminal")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(tls_key, hashes.SHA256())
    answer_key = ed25519.Ed25519PrivateKey.generate()
    credentials = grpc.ssl_channel_credentials(read(ADMIN, "authority.crt"))
    anonymous = identity_pb2_grpc.IdentityServiceStub(grpc.secure_channel(SERVER, credentials))
    enrolment = identity_pb2.EnrolRequest(
        secret=secret, csr_pem=csr.public_bytes(serialization.Encoding.PEM).decode(),
        answer_key=raw(answer_key.public_key()),
        answer_key_proof=answer_key.sign(b"hoatoc enrol v1\n" + secret.encode()),
    )
    enrolled = anonymous.Enrol(enrolment)
    assert refusal(anonymous.Enrol, enrolment) == "CODE_INVALID", "a code works once"
    key_pem = tls_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())
    return enrolled, key_pem, answer_key


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def secret_of(code):
    """The part of a code that goes to the server: 128 bits after the 4 of the version."""
    bits = "".join(f"{CROCKFORD.index(sign):05b}" for sign in code.replace("-", ""))[4:132]
    bits += "0" * (-len(bits) % 5)
    return "".join(CROCKFORD[int(bits[at:at + 5], 2)] for at in range(0, len(bits), 5))


def answer_order(enrolled, key_pem, answer_key, order_id, payload_type, payload, signer_key):
    stub = terminal_pb2_grpc.TerminalServiceStub(
        channel(key_pem, enrolled.certificate_pem.encode()))
    outgoing = queue.Queue()
    now = Timestamp()
    now.GetCurrentTime()
    outgoing.put(terminal_pb2.ExchangeRequest(
        hello=terminal_pb2.Hello(clock_time=now, version="python")))
    incoming = stub.Exchange(iter(outgoing.get, None))
    digest = hashlib.sha256(pae(payload_type, payload)).digest()
    facts = [terminal_pb2.FACT_DELIVERED, terminal_pb2.FACT_OPENED,
             terminal_pb2.FACT_ACKNOWLEDGED, terminal_pb2.FACT_ACCEPTED]

    def send(number):
        fact = facts[number - 1]
        kind = "receipt" if fact == terminal_pb2.FACT_DELIVERED else "answer"
        answer_type = f"application/vnd.hoatoc.{kind}.v1+protobuf"
        happened = Timestamp()
        happened.GetCurrentTime()
        body = terminal_pb2.AnswerPayload(
            format=1, order_id=uuid.UUID(order_id).bytes, order_digest=digest,
            endpoint_number=enrolled.endpoint_number, answer_number=number, fact=fact,
            happened_time=happened, answered_by="Lò Văn Thử").SerializeToString()
        envelope_pb2 = order_pb2.hoatoc_dot_v1_dot_envelope__pb2
        outgoing.put(terminal_pb2.ExchangeRequest(answer=envelope_pb2.Envelope(
            payload_type=answer_type, payload=body,
            signatures=[sign(answer_key, answer_type, body)])))

    for message in incoming:
        kind = message.WhichOneof("message")
        if kind == "order":
            envelope = message.order.envelope
            assert envelope.payload == payload and envelope.payload_type == payload_type
            signer_key.verify(envelope.signatures[0].signature, pae(payload_type, payload))
            send(1)
        elif kind == "recorded":
            if message.recorded.answer_number == len(facts):
                break
            send(message.recorded.answer_number + 1)
        elif kind == "refused":
            raise AssertionError(message.refused)
    outgoing.put(None)
    incoming.cancel()


def root_of(hashes):
    """RFC 9162: the root over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = root_of(hashes[:split]), root_of(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_ledger():
    ledger = ledger_pb2_grpc.LedgerServiceStub(officer(ADMIN))
    identity = identity_pb2_grpc.IdentityServiceStub(officer(ADMIN))
    head = ledger.GetHead(ledger_pb2.GetHeadRequest())
    leaves = []
    while len(leaves) < head.size:
        page = ledger.ListEntries(ledger_pb2.ListEntriesRequest(start_index=len(leaves)))
        leaves += [hashlib.sha256(b"\x00" + entry).digest() for entry in page.entries]
    root = root_of(leaves[:head.size])
    assert root == head.root, "the entries do not make the root"
    text, signatures = head.checkpoint.split("\n\n", 1)
    origin, size, root64 = (text + "\n").splitlines()[:3]
    assert int(size) == head.size and base64.b64decode(root64) == root
    bundle = identity_pb2.TrustBundlePayload.FromString(
        identity.GetTrustBundle(identity_pb2.GetTrustBundleRequest()).envelope.payload)
    key = ed25519.Ed25519PublicKey.from_public_bytes(bundle.ledger_key)
    blob = base64.b64decode(signatures.splitlines()[0].rsplit(" ", 1)[1])
    key.verify(blob[4:], (text + "\n").encode())
    index = head.size // 2
    proof = ledger.ProveInclusion(ledger_pb2.ProveInclusionRequest(index=index, size=head.size))
    assert proof.leaf_hash == leaves[index]
    assert refusal(ledger.ProveInclusion, ledger_pb2.ProveInclusionRequest(
        index=head.size + 1000, size=head.size + 2000)) == "INDEX_OUT_OF_RANGE"


def check_report(order_id):
    reports = report_pb2_grpc.ReportServiceStub(officer(CLERK))
    report = reports.GetResponseReport(report_pb2.GetResponseReportRequest(order_id=order_id))
    counts = report.total.counts
    reached = (counts.endpoints, counts.delivered, counts.opened, counts.acknowledged)
    assert reached + (counts.accepted, counts.silent) == (1, 1, 1, 1, 1, 0), counts
    assert report.total.time_to_acknowledge.count == 1


def main():
    endpoint = prepare()
    enrolled, key_pem, answer_key = enrol(endpoint.address)
    order_id, payload_type, payload, signer_key = draft_and_issue()
    answer_order(enrolled, key_pem, answer_key, order_id, payload_type, payload, signer_key)
    check_report(order_id)
    check_ledger()
    print("ok")


main()
