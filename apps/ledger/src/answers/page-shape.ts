import type { Page } from '#ledger';
import { decimal, fields, list, orNull, string, type Shape } from './shape';

/** A list: how far the tables were, the rows, and the value for `after`. */
export const pageOf = <Row>(row: Shape<Row>): Shape<Page<Row>> => fields<Page<Row>>({ position: decimal, items: list(row), next: orNull(string) });
