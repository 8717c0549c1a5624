// For `npx graphql-codegen`: types for the documents of this folder, from the schema that the package brings along.
export default {
  schema: 'node_modules/ku7s/schema/schema.graphql',
  documents: ['*.ts', '*.tsx'],
  generates: { './graphql/': { preset: 'client', presetConfig: { fragmentMasking: false } } },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    defaultScalarType: 'unknown',
    scalars: {
      Time: 'string',
      MicroTime: 'string',
      Duration: 'string',
      Quantity: 'string',
      IntOrString: 'number | string',
      Int64: 'number | string',
      Base64: 'string',
    },
  },
};
