export * from './byte-reader';
export * from './byte-writer';
export * from './decode-error';
export * from './internet-checksum';
export * from './ip-address';
export * from './messages';
export * from './rsvp';
