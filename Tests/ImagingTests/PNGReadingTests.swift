import Diagnostics
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite("PNG reading") struct PNGReadingTests {
  /// Every colour type and depth of the specification.
  static let kinds: [(PNGFile.ColorType, [Int])] = [
    (.grey, [1, 2, 4, 8, 16]), (.rgb, [8, 16]), (.palette, [1, 2, 4, 8]), (.greyAlpha, [8, 16]),
    (.rgba, [8, 16]),
  ]

  @Test("all colour types, depths, interlacing and transparency give the expected colours")
  func everyKind() throws {
    var generator = SplitMix(seed: 1)
    for (color, depths) in Self.kinds {
      for depth in depths {
        for interlaced in [false, true] {
          for keyed in [false, true] where !keyed || [.grey, .rgb, .palette].contains(color) {
            let sample = Sample(color, depth, interlaced, keyed, &generator)
            let read = try PictureFile(sample.file.encoded(), named: "sample.png").tensor()
            #expect(read.shape == [1, 3, sample.file.height, sample.file.width])
            let error = zip(read.elements, sample.expected).map { abs(Double($0) - $1) }.max() ?? 9
            #expect(error < 4e-7, "\(color) \(depth) bits, interlaced \(interlaced): \(error)")
          }
        }
      }
    }
  }

  @Test("16 bits keep more than 8 bits of precision")
  func sixteenBits() throws {
    let file = PNGFile(
      width: 2, height: 1, color: .grey, depth: 16, rows: [0x80, 0x00, 0x80, 0x01], rowBytes: 4)
    let picture = try PictureFile(file.encoded(), named: "16")
    #expect(picture.notices().count == 1 && picture.notices()[0].contains("16-bit grey is scaled"))
    let values = picture.tensor().elements
    #expect(values[0] == Float(0x8000) / 32767.5 - 1)
    #expect(values[1] == Float(0x8001) / 32767.5 - 1)
    #expect(values[0] < values[1])
  }

  @Test("gamma and colour profile chunks change nothing")
  func gamma() throws {
    let plain = samplePNG()
    var tagged = plain.prefix(33)
    tagged.append(chunk("gAMA", [0, 0, 0x10, 0]))
    tagged.append(chunk("sRGB", [0]))
    tagged.append(plain.dropFirst(33))
    #expect(
      try PictureFile(tagged, named: "a").tensor().elements
        == PictureFile(plain, named: "b").tensor().elements)
  }

  @Test("every truncation is a clear error")
  func truncated() {
    let whole = samplePNG()
    for length in 0..<whole.count {
      #expect {
        try PictureFile(whole.prefix(length), named: "cut.png").image
      } throws: {
        $0 is any PersonFacingError
      }
    }
  }

  @Test("every damaged byte is a clear error")
  func corrupted() {
    let whole = samplePNG()
    for position in 0..<whole.count {
      for flip in [UInt8(1), 0x80, 0xFF] {
        var bytes = whole
        bytes[position] ^= flip
        #expect("byte \(position)") {
          try PictureFile(bytes, named: "damaged.png").image
        } throws: {
          $0 is any PersonFacingError
        }
      }
    }
  }

  @Test("a missing file, a folder and an empty file")
  func files() throws {
    try withTemporaryFolder { folder in
      let empty = folder.appendingPathComponent("empty.png").path
      try Data().write(to: URL(fileURLWithPath: empty))
      #expect(throws: FileError.empty(path: empty, expected: "a PNG or JPEG image")) {
        try PictureFile.read(empty).image
      }
      #expect(throws: FileError.isFolder(path: folder.path, expected: "a PNG or JPEG image")) {
        try PictureFile.read(folder.path).image
      }
      let missing = folder.appendingPathComponent("missing.png").path
      #expect(throws: FileError.missing(path: missing)) { try PictureFile.read(missing).image }
    }
  }

  @Test("a huge header is refused before memory is set aside", arguments: [true, false])
  func hugeHeader(complete: Bool) {
    let header = hugePNG(width: 60000, height: 60000)
    let bytes = complete ? header + chunk("IDAT", [0x78, 0x9C]) + chunk("IEND", []) : header
    #expect(
      throws: ImageError.tooManyPixels(
        path: "huge.png", width: 60000, height: 60000, limit: PictureFile.pixelLimit)
    ) { try PictureFile(bytes, named: "huge.png").image }
  }

  @Test("a header within the limit, but with more pixels than the file can hold, is refused")
  func implausibleHeader() {
    let bytes =
      hugePNG(width: 8192, height: 8192) + chunk("IDAT", [0x78, 0x9C]) + chunk("IEND", [])
    let error = #expect(throws: ImageError.self) {
      try PictureFile(bytes, named: "bomb.png").image
    }
    #expect(error?.description.contains("cannot hold 8192×8192 pixels") == true)
  }
}

/// A small RGB picture with all bytes different.
private func samplePNG() -> Data {
  PNG.data(
    of: Image(width: 7, height: 5, channels: .rgb, pixels: (0..<105).map { UInt8($0 * 2 + 7) }))
}

private func hugePNG(width: Int, height: Int) -> Data {
  let size = [width, height].flatMap { v in [24, 16, 8, 0].map { UInt8(v >> $0 & 255) } }
  return Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    + chunk("IHDR", size + [8, 2, 0, 0, 0])
}

private func chunk(_ type: String, _ body: [UInt8]) -> Data {
  let named = Array(type.utf8) + body
  func bigEndian(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
  var crc = UInt32.max
  for byte in named {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return Data(bigEndian(UInt32(body.count)) + named + bigEndian(~crc))
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A random picture of one kind and the values that it must give, worked out here from the
/// specification in double precision.
private struct Sample {
  var file: PNGFile
  var expected: [Double]

  init(
    _ color: PNGFile.ColorType, _ depth: Int, _ interlaced: Bool, _ keyed: Bool,
    _ generator: inout SplitMix
  ) {
    let (width, height) = (13, 9)
    let channels =
      switch color {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    let values = (0..<width * height * channels).map { _ in
      Int.random(in: 0..<1 << depth, using: &generator)
    }
    let rowBytes = (width * channels * depth + 7) / 8
    var rows = [UInt8](repeating: 0, count: rowBytes * height)
    for y in 0..<height {
      for i in 0..<width * channels {
        let value = values[y * width * channels + i]
        if depth == 16 {
          rows[y * rowBytes + 2 * i] = UInt8(value >> 8)
          rows[y * rowBytes + 2 * i + 1] = UInt8(value & 255)
        } else {
          let bit = i * depth
          rows[y * rowBytes + bit / 8] |= UInt8(value << (8 - depth - bit % 8))
        }
      }
    }
    file = PNGFile(
      width: width, height: height, color: color, depth: depth, rows: rows, rowBytes: rowBytes)
    file.interlaced = interlaced
    if color == .palette {
      file.palette = (0..<1 << depth).map { _ in
        RGB(
          .random(in: 0...255, using: &generator), .random(in: 0...255, using: &generator),
          .random(in: 0...255, using: &generator))
      }
      if keyed {
        file.paletteAlpha = (0..<(1 << depth) - 1).map { _ in
          .random(in: 0...255, using: &generator)
        }
      }
    } else if keyed {
      file.transparentKey = (0..<channels).map { UInt16(values[$0]) }
    }

    let file = self.file
    let top = Double((1 << depth) - 1)
    func pixel(_ i: Int) -> [Double] {
      let v = values[(i * channels)..<((i + 1) * channels)].map { Double($0) / top }
      var (rgb, alpha): ([Double], Double)
      switch color {
      case .grey: (rgb, alpha) = ([v[0], v[0], v[0]], 1)
      case .greyAlpha: (rgb, alpha) = ([v[0], v[0], v[0]], v[1])
      case .rgb: (rgb, alpha) = (v, 1)
      case .rgba: (rgb, alpha) = (Array(v[..<3]), v[3])
      case .palette:
        let entry = values[i]
        let c = file.palette[entry]
        rgb = [c.red, c.green, c.blue].map { Double($0) / 255 }
        alpha =
          entry < file.paletteAlpha.count ? Double(file.paletteAlpha[entry]) / 255 : 1
      }
      if keyed, color != .palette,
        values[(i * channels)..<((i + 1) * channels)].elementsEqual(
          file.transparentKey.map(Int.init))
      {
        alpha = 0
      }
      return rgb.map { 2 * ($0 * alpha + 1 - alpha) - 1 }
    }
    let pixels = (0..<width * height).map(pixel)
    expected = (0..<3).flatMap { c in pixels.map { $0[c] } }
  }
}
