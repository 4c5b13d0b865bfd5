const { readFileSync } = require('node:fs');

/** What the build uses, but for the files that only tests have. */
const swc = JSON.parse(readFileSync(`${__dirname}/.swcrc`, 'utf8'));
delete swc.exclude;
delete swc.$schema;

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs'],
  testRegex: '\\.(spec|e2e-spec)\\.ts$',
  transform: { '\\.ts$': ['@swc/jest', { ...swc, swcrc: false }] },
  globalSetup: '<rootDir>/libs/postgres/src/jest-global-setup.testing.ts',
  globalTeardown: '<rootDir>/libs/postgres/src/jest-global-teardown.testing.ts',
  moduleNameMapper: {
    '^#domain/testing$': '<rootDir>/libs/domain/src/domain.testing.ts',
    '^#postgres/testing$': '<rootDir>/libs/postgres/src/test-database.testing.ts',
    '^#projections/testing$': '<rootDir>/libs/projections/src/log-writer.testing.ts',
    '^#ledger/testing$': '<rootDir>/libs/ledger/src/open-ledger.testing.ts',
    '^#service$': '<rootDir>/apps/ledger/src/index.ts',
    '^#event-store/eventstoredb$': '<rootDir>/libs/event-store/src/eventstoredb.ts',
    '^#event-store/testing$': '<rootDir>/libs/event-store/src/eventstoredb-node.testing.ts',
    '^#event-store/contract$': '<rootDir>/libs/event-store/src/event-store.contract.ts',
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  // A busy machine takes five times as long as an idle one.
  testTimeout: 90_000,
  maxWorkers: 2,
};
