export * from './flow';
export * from './policy';
export * from './events';
export * from './rejection';
export * from './reply-codes';
export * from './address';
export * from './event-codec';
