import Foundation
import Tensors

/// Pictures of one size that are shown one after another.
public struct FrameSequence: Sendable {
  /// One picture, and how long it stands.
  public struct Frame: Sendable {
    /// What is shown.
    public var image: Image
    /// For how long, in milliseconds: 0…65535.
    public var milliseconds: Int

    /// A picture that stands for so many milliseconds.
    public init(_ image: Image, milliseconds: Int) {
      (self.image, self.milliseconds) = (image, milliseconds)
    }
  }

  /// In the order in which they are shown.
  public let frames: [Frame]
  /// The frame that stands for all of them where nothing moves: on paper, and in programs that know
  /// plain PNG files only.
  public let still: Int
  /// How often all of them are shown; 0 is without end.
  public let plays: Int

  /// - Parameters:
  ///   - frames: at least one, all of one size.
  ///   - still: which of them stands for the whole.
  ///   - plays: how often all are shown; 0 is without end.
  public init(_ frames: [Frame], still: Int, plays: Int = 0) {
    precondition(frames.indices.contains(still), "frame \(still) of \(frames.count)")
    precondition(plays >= 0, "\(plays) plays")
    let (width, height) = (frames[0].image.width, frames[0].image.height)
    for frame in frames {
      precondition(
        frame.image.width == width && frame.image.height == height,
        "a frame of \(frame.image.width)×\(frame.image.height) among some of \(width)×\(height)")
      precondition(0...65535 ~= frame.milliseconds, "a frame of \(frame.milliseconds) ms")
    }
    (self.frames, self.still, self.plays) = (frames, still, plays)
  }

  /// The same with every picture changed, all in the same way.
  public func map(_ change: (Image) -> Image) -> FrameSequence {
    FrameSequence(
      frames.map { Frame(change($0.image), milliseconds: $0.milliseconds) }, still: still,
      plays: plays)
  }
}

extension PNG {
  /// An animated PNG file, 8 bits per channel, in memory. Programs that know nothing of animation
  /// show the frame that stands for the whole.
  ///
  /// libpng writes plain pictures only. Each frame is compressed by it as a picture of its own, and
  /// their data are put together here: `acTL` counts the frames, an `fcTL` goes before each, and the
  /// data of all but the first picture stand in `fdAT`.
  ///
  /// Source: PNG Specification, third edition (W3C, 2025), 11.3.6 Animation information.
  public static func data(of film: FrameSequence) -> Data {
    let files = Threads.map(film.frames.count) { data(of: film.frames[$0].image.rgb) }
    let pictures = files.map(Self.chunks)
    var file = Data(signature)
    var next = UInt32(0)
    func number() -> Data {
      defer { next += 1 }
      return bigEndian(next)
    }
    func control(_ frame: FrameSequence.Frame) -> Data {
      let size = bigEndian(UInt32(frame.image.width)) + bigEndian(UInt32(frame.image.height))
      let offsets = Data(count: 8)
      let delay = bigEndian(UInt16(frame.milliseconds)) + bigEndian(UInt16(1000))
      // Nothing is cleared between frames, and each covers the whole of the one before.
      return number() + size + offsets + delay + Data([0, 0])
    }
    for chunk in pictures[film.still] where chunk.name == "IHDR" { append(chunk, to: &file) }
    append(
      ("acTL", bigEndian(UInt32(film.frames.count)) + bigEndian(UInt32(film.plays))), to: &file)
    // The picture of plain programs is a frame itself only if it is the first.
    if film.still == 0 { append(("fcTL", control(film.frames[0])), to: &file) }
    for chunk in pictures[film.still] where chunk.name == "IDAT" { append(chunk, to: &file) }
    for (frame, picture) in zip(film.frames, pictures).dropFirst(film.still == 0 ? 1 : 0) {
      append(("fcTL", control(frame)), to: &file)
      for chunk in picture where chunk.name == "IDAT" {
        append(("fdAT", number() + chunk.body), to: &file)
      }
    }
    append(("IEND", Data()), to: &file)
    return file
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private typealias Chunk = (name: String, body: Data)

  /// The chunks of a file that libpng wrote.
  private static func chunks(of file: Data) -> [Chunk] {
    var chunks: [Chunk] = []
    var rest = file.dropFirst(signature.count)
    while rest.count >= 12 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      chunks.append((name, rest.dropFirst(8).prefix(length)))
      rest = rest.dropFirst(12 + length)
    }
    return chunks
  }

  private static func append(_ chunk: Chunk, to file: inout Data) {
    file += bigEndian(UInt32(chunk.body.count))
    let tagged = Data(chunk.name.utf8) + chunk.body
    file += tagged
    file += bigEndian(checksum(tagged))
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: value.bigEndian) { Data($0) }
  }

  /// CRC-32 as the specification has it in its annex D.
  private static func checksum(_ data: Data) -> UInt32 {
    data.withUnsafeBytes { bytes in
      ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ remainders[Int(($0 ^ UInt32($1)) & 0xFF)] }
    }
  }

  private static let remainders: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
