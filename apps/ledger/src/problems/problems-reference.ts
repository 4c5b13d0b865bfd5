import { problemCatalogue } from './problem-catalogue';

/** docs/reference/problems.md, made of the catalogue. */
export function problemsReference(): string {
  const rows = Object.entries(problemCatalogue).map(([name, { status, title, remedy }]) => `| \`${name}\` | ${status} | ${title} | ${remedy} |`);
  return `${introduction}\n\n| problem | status | title | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

const introduction = `# Problems

Whatever the service does not answer as asked is \`application/problem+json\` (RFC 9457). \`type\` is \`/problems/<problem>\` of the table
below and can be opened at the service itself; \`title\` and \`status\` are those of the table; \`detail\` is a sentence about this occurrence;
\`errors\` lists every fault of the request, each with the \`pointer\` into the body, the \`parameter\` or the \`header\` and a \`detail\`. The
facts of a refusal (\`matched\`, \`pool\`, \`code\`, \`position\` …) stand beside them. Answers with status 503 say in \`Retry-After\` when to ask again.

This page is made from the catalogue in the source; a test holds them equal.`;
