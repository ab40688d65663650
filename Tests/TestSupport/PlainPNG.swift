import Foundation

/// PNG files for tests of what only carries pictures: RGB, 8 bits, not compressed.
public enum PlainPNG {
  public static func encode(
    width: Int, height: Int, _ pixel: (_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8)
  ) -> Data {
    var rows = Data()
    for y in 0..<height {
      rows.append(0)
      for x in 0..<width {
        let (red, green, blue) = pixel(x, y)
        rows.append(contentsOf: [red, green, blue])
      }
    }
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    file += chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
    file += chunk("IDAT", stored(rows))
    file += chunk("IEND", Data())
    return file
  }

  private static func bigEndian(_ value: UInt32) -> Data {
    withUnsafeBytes(of: value.bigEndian) { Data($0) }
  }

  public static func chunk(_ name: String, _ body: Data) -> Data {
    let tagged = Data(name.utf8) + body
    return bigEndian(UInt32(body.count)) + tagged + bigEndian(crc(tagged))
  }

  /// A zlib stream of blocks that are stored as they are.
  private static func stored(_ data: Data) -> Data {
    var out = Data([0x78, 0x01])
    var rest = data[...]
    repeat {
      let block = rest.prefix(65535)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      out.append(rest.isEmpty ? 1 : 0)
      for word in [length, ~length] { out += [UInt8(word & 0xFF), UInt8(word >> 8)] }
      out += block
    } while !rest.isEmpty
    var (a, b) = (UInt32(1), UInt32(0))
    for byte in data {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return out + bigEndian(b << 16 | a)
  }

  /// The same file with each chunk ending in the sum that it should, so that a reader goes on where
  /// damage would have been noticed; what is no PNG stays as it is.
  public static func withRightSums(_ bytes: [UInt8]) -> Data {
    var file = Data(bytes)
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return file }
    var at = 8
    while at + 12 <= file.count {
      let length = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - at - 12 else { break }
      let sum = bigEndian(crc(file[at + 4..<at + 8 + length]))
      file.replaceSubrange(at + 8 + length..<at + 12 + length, with: sum)
      at += 12 + length
    }
    return file
  }

  /// CRC-32, bit by bit.
  public static func crc(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
