import tseslint from 'typescript-eslint';

const FILES_WITHOUT_EFFECTS = ['**/decide/**/*.ts', 'shared/statistics/**/*.ts', 'shared/report/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.venv/', '.ci/', 'build/', 'examples/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js', '*.mjs', 'scripts/*.mjs'] } },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that owns the name.' },
      ],
    },
  },
  {
    // Imports point one way: an action knows shared code, never another action.
    files: ['shared/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(\\.\\./)+(actions|cli)/', message: 'shared imports neither actions nor cli.' },
          ],
        },
      ],
    },
  },
  {
    files: ['shared/github/**/*.ts'],
    ignores: ['**/*.test.ts', '**/decide/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(\\.\\./)+(actions|cli|record|report)/',
              message: 'github knows neither record nor report, actions nor cli.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['actions/**/*.ts'],
    ignores: ['**/*.test.ts', '**/decide/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(\\.\\./)+((validate-data|train-model|evaluate-gate|publish-model|deploy-endpoint)|cli)/',
              message: 'An action imports no other action: the record is the only hand-off.',
            },
          ],
        },
      ],
    },
  },
  {
    // What decides is pure: no toolkit, no input, no output (design, rule 1).
    files: FILES_WITHOUT_EFFECTS,
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@actions/*'], message: 'A module that decides imports nothing of the toolkit.' },
            { regex: '^(\\.\\./)+(actions|cli)/', message: 'shared imports neither actions nor cli.' },
            {
              regex: '^node:(?!crypto|util|path)',
              message: 'A module that decides does no input or output.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch'],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
);
