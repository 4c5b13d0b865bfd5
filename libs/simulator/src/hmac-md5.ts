/**
 * HMAC-MD5 (RFC 1321, 2104), the default authentication of Mobile IP (RFC 5944 §5.1). Here because a pure room has no crypto of
 * the platform; it authenticates a simulation and protects nothing.
 */
export function hmacMd5(key: Uint8Array, message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(64);
  padded.set(key.length > 64 ? md5(key) : key);
  const inner = md5(concat(padded.map((byte) => byte ^ 0x36), message));
  return md5(concat(padded.map((byte) => byte ^ 0x5c), inner));
}

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const sines = Int32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) | 0);

export function md5(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n, true);
  const sum = Int32Array.of(0x6745_2301, 0xefcd_ab89 | 0, 0x98ba_dcfe | 0, 0x1032_5476);
  for (let block = 0; block < padded.length; block += 64) addBlock(sum, view, block);
  const digest = new DataView(new ArrayBuffer(16));
  sum.forEach((word, index) => digest.setInt32(index * 4, word, true));
  return new Uint8Array(digest.buffer);
}

function addBlock(sum: Int32Array, view: DataView, block: number): void {
  let [a, b, c, d] = [sum[0]!, sum[1]!, sum[2]!, sum[3]!];
  for (let step = 0; step < 64; step += 1) {
    const [mixed, word] = round(step, b, c, d);
    const turned = (a + mixed + sines[step]! + view.getInt32(block + word * 4, true)) | 0;
    const shift = shifts[(step >> 4) * 4 + (step & 3)]!;
    [a, d, c, b] = [d, c, b, (b + ((turned << shift) | (turned >>> (32 - shift)))) | 0];
  }
  sum[0]! += a;
  sum[1]! += b;
  sum[2]! += c;
  sum[3]! += d;
}

function round(step: number, b: number, c: number, d: number): readonly [mixed: number, word: number] {
  if (step < 16) return [(b & c) | (~b & d), step];
  if (step < 32) return [(d & b) | (~d & c), (5 * step + 1) & 15];
  if (step < 48) return [b ^ c ^ d, (3 * step + 5) & 15];
  return [c ^ (b | ~d), (7 * step) & 15];
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
