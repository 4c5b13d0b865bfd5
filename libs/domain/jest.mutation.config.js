const base = require('../../jest.config.js');

/**
 * What `npm run mutation` runs for each mutant: the tests of this room alone, without a database, the quick ones first. A property tries
 * a mutant on fewer lives than in CI: thousands of mutants are tried, and one that outlives some dozens wants a test of its own.
 */
process.env.PROPERTY_RUNS ??= '40';

/** @type {import('jest').Config} */
module.exports = { ...base, globalSetup: undefined, globalTeardown: undefined, roots: [__dirname], testSequencer: `${__dirname}/quick-tests-first.js` };
