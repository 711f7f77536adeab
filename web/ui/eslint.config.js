import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'
import typescript from 'typescript'
import vueParser from 'vue-eslint-parser'

// TypeScript reads of a component's file what the linter will show it: the script. Were that another text, each
// component that is linted would change the program, and all types would be worked out anew.
const readFile = typescript.sys.readFile
typescript.sys.readFile = (path, encoding) => {
  const text = readFile(path, encoding)
  return path.endsWith('.vue') ? (/<script[^>]*>([^]*?)<\/script>/.exec(text)?.[1] ?? '') : text
}

const CHINESE_COMMA = {
  selector: "CallExpression[callee.property.name='join'] > Literal[value=/^[、，]$/]",
  message: 'nameComma() or clauseComma() of @shared/commas: the page may be in English.',
}

export default ts.config(
  { ignores: ['node_modules/**', '../static/**'] },
  ...ts.configs.strictTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parser: vueParser,
      parserOptions: {
        parser: ts.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
  },
  {
    rules: {
      'max-lines': ['error', { max: 420, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'vue/html-self-closing': ['error', { html: { void: 'always', normal: 'always', component: 'always' } }],
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/define-macros-order': 'error',
      'vue/no-unused-refs': 'error',
      'vue/no-undef-components': 'error',
    },
  },
  // English lists have a comma of their own.
  { files: ['**/*.vue'], rules: { 'no-restricted-syntax': ['error', CHINESE_COMMA], 'vue/no-restricted-syntax': ['error', CHINESE_COMMA] } },
  // A test file is one long describe block by nature.
  { files: ['**/*.test.ts'], rules: { 'max-lines-per-function': 'off' } },
  // The browser loads a service worker as it is: no types there.
  { files: ['eslint.config.js', 'public/*.js'], ...ts.configs.disableTypeChecked },
)
