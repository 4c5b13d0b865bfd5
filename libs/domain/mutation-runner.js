/**
 * A test runner for StrykerJS (`stryker.config.json`): the specs of this room in one process, without a jest of its own for each mutant,
 * which takes seconds to start where the tests that a mutant needs take milliseconds. It is made of jest's own parts, and knows of them what
 * these specs use: describe, test, each, skip, expect and jest.spyOn; no hooks.
 */
process.env.PROPERTY_RUNS ??= '10';

const { createHash } = require('node:crypto');
const { readFileSync, readdirSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');
const swc = require('@swc/core');
const { jestExpect } = require('@jest/expect');
const fc = require('fast-check');
const circus = require('jest-circus');
const { ModuleMocker } = require('jest-mock');

const called = new Script('globalThis.__test__()');
/** Where the mutants are: the sandbox is entered after this file was read. */
const folder = () => path.resolve('libs/domain/src');
/** `MUTATION_SPECS`, a regular expression: the specs of a subject alone, which take a part of the time. The others can only find more. */
const chosen = new RegExp(process.env.MUTATION_SPECS ?? '');
const specs = { test: (name) => name.endsWith('.spec.ts') && chosen.test(name) };
/** The same examples for every mutant, none of them shrunk: whether any fails is all that is asked. */
fc.configureGlobal({ seed: 5944, endOnFailure: true, numRuns: Number(process.env.PROPERTY_RUNS) });

/** The part of the mutants that is tried, always the same ones; the others count as errors, which no score counts. */
const sample = Number(process.env.MUTATION_SAMPLE ?? 1);
const placeOf = ({ fileName, location, mutatorName, replacement }) => {
  const text = JSON.stringify([path.basename(fileName), location, mutatorName, replacement]);
  return createHash('sha1').update(text).digest().readUInt32BE() / 2 ** 32;
};

/** What the build uses, but for the files that only tests have. */
const options = JSON.parse(readFileSync(path.resolve('.swcrc'), 'utf8'));
delete options.exclude;
delete options.$schema;
const compiled = new Map();
Module._extensions['.ts'] = (module, filename) => {
  if (!compiled.has(filename)) {
    const source = readFileSync(filename, 'utf8');
    compiled.set(filename, swc.transformSync(source, { ...options, sourceMaps: false, filename, swcrc: false }).code);
  }
  module._compile(compiled.get(filename), filename);
};

class InProcessRunner {
  /** What the mutants that are compiled into the files look at; the name is the instrumenter's. */
  seen = (globalThis.__stryker__ ??= {});
  /** Full name → test. */
  tests = new Map();
  /** Full name → milliseconds that it last took, by which the quick ones come first. */
  durations = new Map();
  /** File → full name → how many of its mutants the test found: it is likely to find the next. */
  finds = new Map();
  /** Spec → its tests, of those that were loaded for this mutant. */
  loaded = new Map();
  /** The mutant that is in force while specs are loaded, too. */
  inLoading = undefined;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun({ coverageAnalysis }) {
    this.load();
    const tests = [];
    for (const test of this.tests.values()) {
      if (coverageAnalysis === 'perTest') this.seen.currentTestId = test.id;
      const failure = await this.run(test);
      const told = { id: test.id, name: test.id, fileName: test.file, timeSpentMs: this.durations.get(test.id) };
      tests.push(failure === null ? { ...told, status: 0 } : { ...told, status: 1, failureMessage: failure });
      this.seen.currentTestId = undefined;
    }
    return { status: 'complete', tests, mutantCoverage: this.seen.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, mutantActivation, hitLimit }) {
    if (placeOf(activeMutant) >= sample) return { status: 'error', errorMessage: 'Not in the sample.' };
    const { seen } = this;
    // Three times what all tests came to together: the planner allows a hundred.
    seen.hitLimit = hitLimit === undefined ? undefined : hitLimit / 30;
    seen.hitCount = hitLimit === undefined ? undefined : 0;
    // A process that took the place of one that hung knows no tests yet.
    if (this.tests.size === 0) this.load();
    try {
      // Anew for each: what one mutant left behind in a module must not meet the next.
      this.forget();
      seen.activeMutant = activeMutant.id;
      this.inLoading = mutantActivation === 'static' ? activeMutant.id : undefined;
      return await this.firstFailure(testFilter ?? [...this.tests.keys()], activeMutant.fileName);
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { status: 'timeout', reason: error.message };
      return { status: 'killed', killedBy: [], failureMessage: `While the specs were loaded: ${error}`, nrOfTests: 0 };
    } finally {
      seen.activeMutant = undefined;
    }
  }

  async firstFailure(ids, fileName) {
    if (!this.finds.has(fileName)) this.finds.set(fileName, new Map());
    const finds = this.finds.get(fileName);
    const inOrder = [...ids].sort((a, b) => (finds.get(b) ?? 0) - (finds.get(a) ?? 0) || (this.durations.get(a) ?? 0) - (this.durations.get(b) ?? 0));
    let nrOfTests = 0;
    for (const id of inOrder) {
      const test = this.anew(this.tests.get(id));
      const failure = test?.id !== id ? 'Its name is no longer the same.' : await this.run(test);
      nrOfTests++;
      if (this.seen.hitCount > this.seen.hitLimit) return { status: 'timeout', reason: `Hit limit reached (${this.seen.hitCount})` };
      if (failure === null) continue;
      finds.set(id, (finds.get(id) ?? 0) + 1);
      return { status: 'killed', killedBy: [id], failureMessage: failure, nrOfTests };
    }
    return { status: 'survived', nrOfTests };
  }

  /** What failed, or null. A loop that has no end is broken off, long after the test would have been over. */
  async run({ id, fn }) {
    const begun = performance.now();
    const usual = this.durations.get(id);
    let failure = null;
    try {
      globalThis.__test__ = () => fn({});
      await called.runInThisContext(usual === undefined ? {} : { timeout: Math.ceil(2_000 + 20 * usual) });
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      failure = `${error?.stack ?? error}`.slice(0, 2000);
    }
    if (failure === null || !this.durations.has(id)) this.durations.set(id, performance.now() - begun);
    return failure;
  }

  load() {
    this.forget();
    const found = new Map();
    for (const spec of readdirSync(folder(), { recursive: true }).filter((name) => specs.test(name)).sort()) {
      const file = path.join(folder(), spec);
      for (const [place, { name, fn }] of this.testsOfSpec(file).entries()) {
        let id = name;
        for (let i = 2; found.has(id); i++) id = `${name} (${i})`;
        found.set(id, { id, name, file, place, fn });
      }
    }
    this.tests = found;
  }

  forget() {
    const own = `${folder()}${path.sep}`;
    for (const file of Object.keys(require.cache)) if (file.startsWith(own)) delete require.cache[file];
    this.loaded.clear();
  }

  /** The test as its spec has it now: specs are loaded when the first of their tests is wanted, with the mutant only where that is what it changes. */
  anew({ id, name, file, place }) {
    const { seen } = this;
    const { activeMutant } = seen;
    seen.activeMutant = this.inLoading;
    const test = this.testsOfSpec(file)[place];
    seen.activeMutant = activeMutant;
    return test?.name === name ? { id, file, fn: test.fn } : undefined;
  }

  testsOfSpec(file) {
    if (!this.loaded.has(file)) {
      const jest = new ModuleMocker(globalThis);
      Object.assign(globalThis, { describe: circus.describe, test: circus.test, it: circus.it, expect: jestExpect, jest });
      circus.resetState();
      require(file);
      this.loaded.set(file, [...testsOf(circus.getState().rootDescribeBlock, '')].map(([testName, fn]) => ({ name: testName, fn })));
    }
    return this.loaded.get(file);
  }
}

function* testsOf(block, before) {
  if (block.mode === 'skip') return;
  for (const child of block.children) {
    const name = `${before} ${child.name}`.trim();
    if (child.type === 'describeBlock') yield* testsOf(child, name);
    else if (child.mode !== 'skip' && child.mode !== 'todo') yield [name, child.fn];
  }
}

exports.strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
