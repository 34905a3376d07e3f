import { createHash, generateKeyPairSync, sign } from 'node:crypto';

export interface CertificateLog {
  readonly publicKey: Buffer;
  readonly logID: Buffer;
  log(certificate: ArrayBuffer, issuerId: ArrayBuffer): Promise<ArrayBuffer>;
}

/**
 * A certificate transparency log (RFC 6962, sections 3.2 and 3.3). That of @sigstore/mock writes timestamps without
 * their signature under the versions of pkijs and asn1js that are installed here.
 */
export function certificateLog(clock: Date): CertificateLog {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' });
  const logID = createHash('sha256').update(publicKey).digest();
  return {
    publicKey,
    logID,
    log(certificate, issuerId) {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(clock.getTime()));
      const tbs = firstElement(Buffer.from(certificate));
      const noExtensions = uint16(0);
      const entry = [
        uint16(1),
        Buffer.from(issuerId),
        uint16(tbs.length >> 8),
        Buffer.from([tbs.length & 255]),
        tbs,
      ];
      const signed = Buffer.concat([Buffer.from([0, 0]), time, ...entry, noExtensions]);
      const signature = sign('sha256', signed, keys.privateKey);
      // 4: SHA-256, 3: ECDSA (RFC 5246, section 7.4.1.4.1).
      const algorithm = Buffer.from([4, 3]);
      const sct = Buffer.concat([
        Buffer.from([0]),
        logID,
        time,
        noExtensions,
        algorithm,
        uint16(signature.length),
        signature,
      ]);
      return Promise.resolve(new Uint8Array(Buffer.concat([uint16(sct.length), sct])).buffer);
    },
  };
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

/** The first element inside a DER sequence, with its header: of a certificate that which is signed. */
function firstElement(der: Buffer): Buffer {
  const start = headerOf(der, 0).end;
  const { end, length } = headerOf(der, start);
  return der.subarray(start, end + length);
}

function headerOf(der: Buffer, at: number): { readonly end: number; readonly length: number } {
  const first = der[at + 1] ?? 0;
  if (first < 128) return { end: at + 2, length: first };
  const size = first & 127;
  return { end: at + 2 + size, length: der.readUIntBE(at + 2, size) };
}
