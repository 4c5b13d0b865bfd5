import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * The house: imports point downwards only. A room may import the rooms listed for it, its own files by relative path, and
 * the packages that `packages` leaves open. Whatever else a room names fails the lint.
 */
const rooms = {
  'libs/domain': { rooms: [], packages: [] },
  'libs/signalling': { rooms: ['domain'], packages: [] },
  'libs/simulator': { rooms: ['domain', 'signalling'], packages: [] },
  'libs/postgres': { rooms: [] },
  'libs/event-store': { rooms: ['domain', 'postgres'] },
  'libs/projections': { rooms: ['domain', 'postgres', 'event-store'] },
  'libs/ledger': { rooms: ['domain', 'signalling', 'postgres', 'event-store', 'projections'] },
  'apps/ledger': { rooms: ['domain', 'signalling', 'postgres', 'event-store', 'projections', 'ledger'] },
  'apps/cli': { rooms: ['domain', 'signalling', 'simulator', 'postgres', 'event-store', 'projections', 'ledger', 'service'] },
  'apps/bench': { rooms: ['domain', 'signalling', 'simulator', 'postgres', 'event-store', 'projections', 'ledger', 'service'] },
};

const houseRules = Object.entries(rooms).map(([folder, { rooms: allowed, packages }]) => {
  const patterns = [
    { regex: `^#(?!(${allowed.join('|') || '-'})(/|$))`, message: `${folder} may import only: ${allowed.join(', ') || 'nothing'}.` },
    { regex: '(^|/)\\.\\./.*(libs|apps)/|^(\\.\\./){2,}(domain|signalling|simulator|postgres|event-store|projections|ledger|cli|bench)/', message: 'Another room is imported by its name (#room).' },
  ];
  if (packages) patterns.push({ regex: '^[^.#]', message: `${folder} is pure: no Node, no Nest, no package.` });
  if (folder.startsWith('libs/')) {
    patterns.push({ regex: '^@nestjs/(?!cqrs$)', message: 'Nest lives in apps; libs know only @nestjs/cqrs.' });
    if (folder !== 'libs/ledger') patterns.push({ regex: '^@nestjs/', message: 'Only libs/ledger knows @nestjs/cqrs.' });
  }
  return {
    files: [`${folder}/src/**/*.ts`],
    ignores: packages ? ['**/*.spec.ts', '**/*.testing.ts'] : [],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
});

/**
 * The domain, from the ground up: what stands higher is of no use to what stands lower, but for its types. A reader who looks for a rule opens
 * the folder that has its name.
 */
const domainFloors = [
  'flow', 'journal', 'refusals', 'events', 'commands', 'pool', 'scope', 'leases', 'rule', 'observed', 'legs', 'flow-table', 'foreign-agents', 'mobile-node',
];

const floorRules = domainFloors.slice(0, -1).map((floor, at) => ({
  files: [`libs/domain/src/${floor}/**/*.ts`],
  ignores: ['**/*.spec.ts', '**/*.testing.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [{
          regex: `^\\.\\./(${domainFloors.slice(at + 1).join('|')})/`, allowTypeImports: true,
          message: `${floor} stands below that: only its types may be imported.`,
        }],
      },
    ],
  },
}));

const pureRooms = ['libs/domain/src/**/*.ts', 'libs/signalling/src/**/*.ts', 'libs/simulator/src/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.stryker-tmp/', 'node_modules/', 'apps/dashboard/dist/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
    },
  },
  ...houseRules,
  ...floorRules,
  {
    files: pureRooms,
    ignores: ['**/*.spec.ts', '**/*.testing.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'require', 'performance', 'crypto'],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Pure rooms draw no random number.' },
        { object: 'Date', property: 'now', message: 'Pure rooms read no clock; `now` is passed in.' },
      ],
    },
  },
  { files: ['apps/cli/src/**/*.ts', 'apps/bench/src/**/*.ts', 'apps/ledger/src/main.ts'], rules: { 'no-console': 'off' } },
  { files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.contract.ts', '**/*.testing.ts'], ...jest.configs['flat/recommended'] },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.contract.ts', '**/*.testing.ts'],
    rules: {
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'given', 'given.**', '**.then*', 'check*'] }],
      'jest/no-conditional-expect': 'off',
      'jest/no-standalone-expect': 'off',
      'jest/no-done-callback': 'off',
      'jest/valid-title': 'off',
      'jest/no-export': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['**/*.{js,cjs,mjs}'], languageOptions: { globals: globals.node } },
  { files: ['**/*.{js,cjs}'], languageOptions: { sourceType: 'commonjs' } },
);
