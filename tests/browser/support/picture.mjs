// Pictures made here: a PNG of one colour fading into another, or of noise, which stays large.

import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

export function picture(width, height, [red, green, blue]) {
  return png(width, height, (x, y) => {
    const dark = 1 - (x + y) / (width + height) / 1.5;
    return [red * dark, green * dark, blue * dark];
  });
}

export function noise(width, height) {
  const grain = randomBytes(width * height * 3);
  return png(width, height, (x, y) => grain.subarray((y * width + x) * 3).subarray(0, 3));
}

function png(width, height, colourAt) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows.set(colourAt(x, y), y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // eight bits each of red, green and blue
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND")];
  return Buffer.concat([signature, ...chunks]).toString("base64");
}

function chunk(name, data = Buffer.alloc(0)) {
  const named = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
