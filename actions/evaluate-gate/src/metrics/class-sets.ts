import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { type Column, isNested, textOfValue } from './column-values.ts';

const LIST = /^([^[\]]+)\[\]$/;

/** The type of the members of a list of plain values; undefined for all else. */
export function memberType(type: string): string | undefined {
  const member = LIST.exec(type)?.[1];
  return member === undefined || (isNested(member) && member !== 'JSON') ? undefined : member;
}

/**
 * A set of classes as a sorted list of texts: of a list, of text that holds a JSON array, or of text with `|` between
 * the classes. `[]` is the empty set; a list with an empty member, and what begins like JSON and is none, is NULL.
 */
export function classSetOf({ name, type }: Column): string {
  const column = quoteIdentifier(name);
  const member = memberType(type);
  const text = textOfValue(column, type);
  // 3 and 3.0 are one class, as they are in a column of numbers.
  const ofJson = `CASE WHEN json_type(c) = 'DOUBLE' THEN ${textOfValue("CAST(c ->> '$' AS DOUBLE)", 'DOUBLE')} ELSE c ->> '$' END`;
  const list =
    member !== undefined
      ? `list_transform(${column}, lambda c: ${textOfValue('c', member)})`
      : `CASE WHEN t LIKE '[%' THEN CASE WHEN json_valid(t) THEN list_transform(from_json(t, '["JSON"]'), lambda c: ${ofJson}) END
        WHEN trim(t) = '' THEN CAST([] AS VARCHAR[])
        ELSE list_transform(string_split(t, '|'), lambda c: trim(c)) END`;
  const from = member === undefined ? ` FROM (SELECT ${text} AS t)` : '';
  return `(SELECT CASE WHEN len(list_filter(l, lambda c: c IS NULL OR c = '')) = 0 THEN list_sort(list_distinct(l)) END
    FROM (SELECT ${list} AS l${from}))`;
}
