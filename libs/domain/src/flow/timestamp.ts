/** Times of events: RFC 3339 UTC with milliseconds, `YYYY-MM-DDTHH:MM:SS.mmmZ`. A decision writes and reads several, most within the same seconds. */

const thousandths = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`);
/** Text of the seconds written lately, up to the point; by second modulo its length. */
const written = Array.from({ length: 512 }, () => ({ second: Number.NaN, text: '' }));

export function toTimestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  const slot = written[second & 511]!;
  if (slot.second !== second) {
    slot.text = new Date(second * 1000).toISOString().slice(0, -4);
    slot.second = second;
  }
  return slot.text + thousandths[Math.floor(ms - second * 1000)]!;
}

const zero = 48;
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
/** In place of a number where other characters stand: whatever it is added to stays below every limit. */
const noNumber = -1_000_000;

/** NaN for what is no time. Any other RFC 3339 text is left to `Date.parse`, which reads the same and takes ten times as long. */
export function fromTimestamp(text: string): number {
  if (!hasOurMarks(text)) return Date.parse(text);
  const year = numberAt(text, 0) * 100 + numberAt(text, 2);
  const month = numberAt(text, 5);
  const day = numberAt(text, 8);
  const hour = numberAt(text, 11);
  const minute = numberAt(text, 14);
  const second = numberAt(text, 17);
  const tenth = text.charCodeAt(20) - zero;
  const thousandth = numberAt(text, 21);
  // Months of other lengths, 24:00 and leap seconds have rules of their own.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23) return Date.parse(text);
  if (minute < 0 || minute > 59 || second < 0 || second > 59 || tenth < 0 || tenth > 9 || thousandth < 0) return Date.parse(text);
  const leapDays = leapDaysBefore(month > 2 ? year + 1 : year) - leapDaysBefore(1970);
  const days = (year - 1970) * 365 + leapDays + daysBefore[month - 1]! + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + tenth * 100 + thousandth;
}

/** Of two digits. */
function numberAt(text: string, index: number): number {
  const ten = text.charCodeAt(index) - zero;
  const one = text.charCodeAt(index + 1) - zero;
  return ten < 0 || ten > 9 || one < 0 || one > 9 ? noNumber : ten * 10 + one;
}

function leapDaysBefore(year: number): number {
  const years = year - 1;
  return Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
}

function hasOurMarks(text: string): boolean {
  return (
    text.length === 24 && text[4] === '-' && text[7] === '-' && text[10] === 'T' && text[13] === ':' &&
    text[16] === ':' && text[19] === '.' && text[23] === 'Z'
  );
}
