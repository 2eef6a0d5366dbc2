//! P15: connections that last. Locations for them are often written apart, and the gate is forgotten.

use crate::prove::prober::{Place, Prober, Variant};
use crate::prove::wire::Request;

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let upgrade = |request: Request| {
        let request = request.replacing("Connection", "Upgrade").with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13");
        request.with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") // the example of RFC 6455 §1.3
    };
    let mut variants = vec![Variant::new("WebSocket", upgrade(prober.get(path.as_str())), "open-sibling")];
    let events = prober.get(path.as_str()).replacing("Accept", "text/event-stream");
    variants.push(Variant::new("event stream", events, "open-sibling"));
    if place.subject == 0 {
        for path in ["/ws", "/ws/", "/socket.io/?EIO=4&transport=websocket"] {
            let request = upgrade(prober.get(path));
            variants.push(Variant::new(format!("WebSocket at {path}"), request, "open-sibling").elsewhere());
        }
    }
    prober.expect_all_refused(place, &variants);
}
