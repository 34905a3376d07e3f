/** Types of column whose values are points in time, written as ISO 8601 has them. */
export type MomentType = 'date' | 'timestamp' | 'time';

const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIME = '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?';

/** The lexical form of each, a regular expression that RE2 and ECMA-262 read alike. */
export const MOMENT_FORMS: Readonly<Record<MomentType, string>> = {
  date: DATE,
  timestamp: `${DATE}[T ]${TIME}(Z|[+-][0-9]{2}:?[0-9]{2})?`,
  time: TIME,
};

/** True where a text of the contract is a point in time that exists. */
export function isMoment(text: string, type: MomentType): boolean {
  if (!new RegExp(`^(?:${MOMENT_FORMS[type]})$`).test(text)) return false;
  const whole =
    type === 'time' ? `2000-01-01T${text}Z` : type === 'date' ? `${text}T00:00:00Z` : text.replace(' ', 'T');
  const day = whole.slice(0, 10);
  const moment = new Date(`${day}T00:00:00Z`);
  return (
    !Number.isNaN(moment.getTime()) &&
    moment.toISOString().startsWith(day) &&
    !Number.isNaN(Date.parse(whole))
  );
}
