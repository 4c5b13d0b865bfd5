import { openApiDocument } from './openapi';
import { problemsReference } from './problems/problems-reference';
import { routes } from './routes';

/** Pages of docs/reference that are made from the source and kept in git, so that a change shows; a test holds them equal. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'docs/reference/openapi.json': `${JSON.stringify(openApiDocument(routes), null, 2)}\n`,
    'docs/reference/problems.md': problemsReference(),
  };
}
