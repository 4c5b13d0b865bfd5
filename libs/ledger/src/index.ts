export * from './command';
export * from './metadata';
export * from './validation';
export * from './configure-qos-session';
export * from './release-qos-session';
export * from './register-mobile-node';
export * from './provision-foreign-agent';
