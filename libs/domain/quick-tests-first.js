const { readFileSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

const triesMany = (test) => readFileSync(test.path, 'utf8').includes("from 'fast-check'");

/** One worker that stops at the first failure wants the tables first, and the properties after them. */
module.exports = class QuickTestsFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => triesMany(a) - triesMany(b) || (a.path < b.path ? -1 : 1));
  }
};
