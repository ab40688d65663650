import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Animated PNG") struct AnimatedPNGTests {
  /// Pictures that no two frames share.
  private static func picture(_ number: Int, width: Int = 37, height: Int = 23) -> Image {
    Image(width: width, height: height, channels: .rgb) { out in
      for i in out.indices { out[i] = UInt8(truncatingIfNeeded: i * (number + 3) + number * 29) }
    }
  }

  private static func film(_ count: Int, still: Int, plays: Int = 0) -> FrameSequence {
    FrameSequence(
      (0..<count).map { FrameSequence.Frame(picture($0), milliseconds: 100 + 10 * $0) },
      still: still, plays: plays)
  }

  private struct Chunk {
    var name: String
    var body: Data

    /// A number of `size` bytes at `offset`, big-endian.
    func number(_ offset: Int, _ size: Int = 4) -> Int {
      body.dropFirst(offset).prefix(size).reduce(0) { $0 << 8 | Int($1) }
    }
  }

  /// The chunks of a file, each with its checksum checked.
  private static func chunks(of file: Data) throws -> [Chunk] {
    var rest = file.dropFirst(8)
    var chunks: [Chunk] = []
    while !rest.isEmpty {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let tagged = rest.dropFirst(4).prefix(length + 4)
      let stated = rest.dropFirst(length + 8).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
      #expect(PlainPNG.crc(Data(tagged)) == stated)
      let name = String(decoding: tagged.prefix(4), as: UTF8.self)
      chunks.append(Chunk(name: name, body: Data(tagged.dropFirst(4))))
      rest = rest.dropFirst(length + 12)
    }
    return chunks
  }

  /// A frame's data as a plain file.
  private static func plain(_ header: Chunk, _ data: [Data]) -> Data {
    Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
      + ([("IHDR", header.body)] + data.map { ("IDAT", $0) } + [("IEND", Data())])
      .reduce(Data()) { $0 + PlainPNG.chunk($1.0, $1.1) }
  }

  @Test("every frame is read back, with delays, numbers and plays", arguments: [0, 2, 4])
  func frames(still: Int) throws {
    let film = Self.film(5, still: still, plays: 3)
    let chunks = try Self.chunks(of: PNG.data(of: film))
    #expect(chunks.first?.name == "IHDR" && chunks.last?.name == "IEND")
    let control = try #require(chunks.first { $0.name == "acTL" })
    #expect(control.number(0) == 5 && control.number(4) == 3)
    let numbered = chunks.filter { ["fcTL", "fdAT"].contains($0.name) }
    #expect(numbered.map { $0.number(0) } == Array(numbered.indices))
    var frames: [(control: Chunk, data: [Data])] = []
    for chunk in chunks {
      if chunk.name == "fcTL" { frames.append((chunk, [])) }
      if chunk.name == "fdAT" { frames[frames.count - 1].data.append(chunk.body.dropFirst(4)) }
      if chunk.name == "IDAT", still == 0 { frames[0].data.append(chunk.body) }
    }
    #expect(frames.count == 5)
    for (index, frame) in frames.enumerated() {
      #expect(frame.control.number(4) == 37 && frame.control.number(8) == 23)
      #expect(frame.control.number(12) == 0 && frame.control.number(16) == 0)
      #expect(frame.control.number(20, 2) == 100 + 10 * index)
      #expect(frame.control.number(22, 2) == 1000)
      let file = Self.plain(chunks[0], frame.data)
      #expect(try PictureFile(file, named: "frame").image == Self.picture(index))
    }
  }

  @Test("a reader that knows no animation sees the frame that stands for all", arguments: [0, 3])
  func plainReader(still: Int) throws {
    let file = PNG.data(of: Self.film(4, still: still))
    #expect(try PictureFile(file, named: "film.png").image == Self.picture(still))
  }

  @Test("one frame, and grey ones, are films too")
  func smallest() throws {
    let grey = Image(width: 2, height: 1, channels: .grey, pixels: [3, 9])
    let file = PNG.data(of: FrameSequence([.init(grey, milliseconds: 0)], still: 0))
    #expect(try PictureFile(file, named: "film.png").image == grey.rgb)
  }

  @Test("Chromium plays it")
  func browser() throws {
    try withTemporaryFolder { folder in
      let colours = [RGB(255, 0, 0), RGB(0, 0, 255)].map {
        FrameSequence.Frame(
          Image(width: 64, height: 64, filledWith: $0), milliseconds: 150)
      }
      try PNG.data(of: FrameSequence(colours, still: 1))
        .write(to: folder.appendingPathComponent("film.png"))
      let page = folder.appendingPathComponent("page.html")
      try Data("<body style=\"margin:0\"><img src=\"film.png\" width=\"200\">".utf8).write(to: page)
      try withBrowserPage(page.path, width: 200, height: 200) { page in
        var seen: Set<RGB> = []
        let end = Date(timeIntervalSinceNow: 60)
        while seen.count < 2, Date() < end {
          let shot = try PictureFile(page.screenshot(), named: "screen").image
          seen.insert(shot[100, 100])
          usleep(50_000)
        }
        #expect(seen == [RGB(255, 0, 0), RGB(0, 0, 255)])
      }
    }
  }

  @Test("Pillow reads every frame", .enabled(if: Python.has("PIL"), "needs python3 with Pillow"))
  func pillow() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("film.png").path
      try PNG.data(of: Self.film(3, still: 2)).write(to: URL(fileURLWithPath: path))
      let outcome = try Python.run(
        """
        from PIL import Image
        film = Image.open("\(path)")
        for i in range(film.n_frames):
            film.seek(i)
            print(i, film.info.get("duration"), list(film.convert("RGB").getpixel((36, 22))))
        """)
      let pixels = [2, 0, 1, 2].map { number in
        let colour = Self.picture(number)[36, 22]
        return [colour.red, colour.green, colour.blue]
      }
      let durations = ["None", "100.0", "110.0", "120.0"]
      let lines = zip(durations, pixels).enumerated().map { "\($0) \($1.0) \($1.1)\n" }
      #expect(outcome.output == lines.joined(), "\(outcome.errors)")
    }
  }
}
