export { decodeRsvp, type DecodedRsvp } from './decode-rsvp';
export { encodeRsvp } from './encode-rsvp';
export { RsvpClass } from './rsvp-class';
export { rsvpObject } from './rsvp-object';
export * from './rsvp-messages';
