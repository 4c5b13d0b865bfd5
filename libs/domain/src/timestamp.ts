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
const digitsAt = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22] as const;
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;

/** NaN for what is no time. Any other RFC 3339 text is left to `Date.parse`, which reads the same and takes ten times as long. */
export function fromTimestamp(text: string): number {
  if (!isOurs(text)) return Date.parse(text);
  const at = (index: number): number => text.charCodeAt(index) - zero;
  const two = (index: number): number => at(index) * 10 + at(index + 1);
  const year = two(0) * 100 + two(2);
  const month = two(5);
  const day = two(8);
  const [hour, minute, second] = [two(11), two(14), two(17)];
  // Months of other lengths, 24:00 and leap seconds have rules of their own.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59) return Date.parse(text);
  const leapDays = leapDaysBefore(month > 2 ? year + 1 : year) - leapDaysBefore(1970);
  const days = (year - 1970) * 365 + leapDays + daysBefore[month - 1]! + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + at(20) * 100 + two(21);
}

function leapDaysBefore(year: number): number {
  const years = year - 1;
  return Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
}

function isOurs(text: string): boolean {
  if (text.length !== 24 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':') return false;
  if (text[16] !== ':' || text[19] !== '.' || text[23] !== 'Z') return false;
  for (const index of digitsAt) {
    const code = text.charCodeAt(index);
    if (code < zero || code > zero + 9) return false;
  }
  return true;
}
