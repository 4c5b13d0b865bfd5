export { decodeRsvp, type DecodedRsvp } from './decode-rsvp';
export { encodeRsvp } from './encode-rsvp';
export { isPossibleSender, isPossibleSession } from './impossible-flows';
export { RsvpClass } from './rsvp-class';
export { rsvpObject } from './rsvp-object';
export * from './rsvp-messages';
