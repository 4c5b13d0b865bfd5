/** The one part of class-transformer that says which class stands behind a nested field; it is published without types. */
declare module 'class-transformer/cjs/storage' {
  import type { IOptions } from 'class-validator-jsonschema/build/options';
  export const defaultMetadataStorage: NonNullable<IOptions['classTransformerMetadataStorage']>;
}
