export * from './data-directory-lock';
export * from './embedded-postgres';
export * from './migrate';
export { migrationsDirectory } from './migration-files';
export * from './pool';
export * from './server-settings';
export * from './transaction';
export { typeParsers } from './type-parsers';
