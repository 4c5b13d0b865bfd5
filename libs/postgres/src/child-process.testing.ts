import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** Lets Node run the TypeScript of this room in a process of its own, without a build: what jest does, for `require`. */
const hook = `
  const { transformSync } = require(${JSON.stringify(require.resolve('@swc/core'))});
  require.extensions['.ts'] = (module, file) => module._compile(transformSync(require('fs').readFileSync(file, 'utf8'), {
    filename: file, swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  }).code, file);`;

export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints. */
  line(): Promise<string>;
  /** Resolves with the signal or the exit code. */
  ended(): Promise<string | number | null>;
}

/** Runs statements with everything that #postgres exports as \`room\`; \`say\` prints a line. */
export function runChild(code: string, options: { readonly uid?: number; readonly gid?: number } = {}): Child {
  const program = `${hook}
    const room = require(${JSON.stringify(path.join(__dirname, 'index.ts'))});
    const say = (line) => process.stdout.write(line + '\\n');
    (async () => { ${code} })().catch((error) => say(error.name + ': ' + error.message));`;
  const child = spawn(process.execPath, ['-e', program], { ...options, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const reader = waiting.shift();
      if (reader === undefined) lines.push(line);
      else reader(line);
    }
  });
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  return {
    process: child,
    line: () => new Promise((resolve) => {
      const line = lines.shift();
      if (line === undefined) waiting.push(resolve);
      else resolve(line);
    }),
    ended: async () => {
      const [exitCode, signal] = await exit;
      return signal ?? exitCode;
    },
  };
}
