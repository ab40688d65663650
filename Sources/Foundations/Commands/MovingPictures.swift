import ArgumentParser
import Imaging

/// `--film`.
public struct FilmOption: ParsableArguments {
  /// Whether the run also writes `film.png`.
  @Flag(
    help: """
      Also write film.png, an animated PNG for slides that any browser plays. contact-sheet.png, the \
      same as one picture to print, is written in any case.
      """)
  public var film = false

  /// The option as it is before a command line is parsed.
  public init() {}
}

/// What a run shows at each of its steps, for slides and for paper: as `film.png`, where the pictures of
/// a step stand side by side and the steps follow each other, and as `contact-sheet.png`, where
/// every row is one of the pictures and every column a step.
public struct MovingPictures {
  /// What is shown: "x_t".
  let names: [String]
  /// The steps: "t = 500".
  let labels: [String]
  /// The step that stands for the film where nothing moves.
  let still: Int
  /// The names that the film shows.
  let filmed: [Int]
  private let image: (_ row: Int, _ step: Int) -> Image

  /// The longest side of a picture, in pixels.
  public static let side = 160
  /// How many steps a film has at most, and how many a sheet.
  private static let (mostFrames, mostColumns) = (60, 8)
  /// How many pixels all frames of a film have at most: some megabytes of file, of noise as well.
  private static let mostPixels = 3_500_000

  /// - Parameters:
  ///   - names: one for each picture of a step, in the characters of `BitmapFont`.
  ///   - labels: one for each step, likewise.
  ///   - still: the step that stands for all where nothing moves; nil for the last.
  ///   - filmed: which of the names the film shows; nil for all.
  ///   - image: the picture of a name at a step, all of a name equally large; made smaller here where
  ///     it is larger than `side`.
  public init(
    _ names: [String], labels: [String], still: Int? = nil, filmed: [Int]? = nil,
    image: @escaping (_ name: Int, _ step: Int) -> Image
  ) {
    precondition(!names.isEmpty && !labels.isEmpty, "nothing to be shown")
    (self.names, self.labels, self.image) = (names, labels, image)
    self.still = still ?? labels.count - 1
    self.filmed = filmed ?? Array(names.indices)
  }

  /// A picture as large as it is shown: tiny ones in larger pixels, so that there is room for words.
  private func cell(_ name: Int, _ step: Int) -> Image {
    let image = self.image(name, step).shrunk(to: Self.side)
    return image.enlarged(by: max(96 / max(image.width, image.height), 1))
  }

  /// The pictures by name and step, of some of the steps.
  package var sheet: Image {
    let steps = Self.evenly(Self.mostColumns, of: labels.count, with: nil)
    return .labelled(
      names.indices.map { name in steps.map { cell(name, $0) } }, rows: names,
      columns: steps.map { labels[$0] })
  }

  /// The steps one after the other.
  package var film: FrameSequence {
    let first = sideBySide(0)
    let affordable = Self.mostPixels / (first.width * first.height)
    let steps = Self.evenly(
      max(2, min(Self.mostFrames, affordable)), of: labels.count, with: still)
    let pictures = steps.map { (step: $0, image: sideBySide($0)) }
    let scale = max(1, min(pictures[0].image.width / 130, 3))
    let room = steps.map {
      Image.lines(of: labels[$0], width: pictures[0].image.width, scale: scale).count
    }.max()
    return Self.film(
      of: pictures.map { step, image in
        image.captioned(labels[step], scale: scale, room: room ?? 1)
      }, still: steps.firstIndex(of: still))
  }

  /// A film of about six seconds whose end can be looked at.
  /// - Parameters:
  ///   - frames: of one size.
  ///   - still: which of them stands for all where nothing moves; nil for the last.
  public static func film(of frames: [Image], still: Int? = nil) -> FrameSequence {
    let milliseconds = max(100, min(500, 6000 / frames.count))
    return FrameSequence(
      frames.enumerated().map { index, image in
        FrameSequence.Frame(
          image, milliseconds: index == frames.count - 1 ? max(1500, milliseconds) : milliseconds)
      }, still: still ?? frames.count - 1)
  }

  /// The pictures of one step, four in a row.
  private func sideBySide(_ step: Int) -> Image {
    let cells = filmed.map { cell($0, step) }
    let rows = stride(from: 0, to: cells.count, by: 4).map { first in
      let chosen = first..<min(first + 4, cells.count)
      return Image.labelled(
        [Array(cells[chosen])], rows: [""],
        columns: cells.count == 1 ? [""] : filmed[chosen].map { names[$0] })
    }
    return rows.count == 1 ? rows[0] : .grid(rows, columns: 1, gap: 0)
  }

  /// At most `count` places among `total`, evenly spread, with both ends and with one more.
  static func evenly(_ count: Int, of total: Int, with one: Int?) -> [Int] {
    guard total > count else { return Array(0..<total) }
    let spread = (0..<count).map { ($0 * (total - 1) * 2 + count - 1) / (2 * (count - 1)) }
    return Set(spread + (one.map { [$0] } ?? [])).sorted()
  }
}

extension RunOutput {
  /// Writes `contact-sheet.png`, and where it is wanted `film.png`.
  /// - Parameters:
  ///   - pictures: what moves.
  ///   - film: whether the film is wanted.
  ///   - others: pictures that are written at the same time.
  /// - Throws: `FileError.notWritable`; `CancellationError` after an interrupt.
  public func write(
    _ pictures: MovingPictures, film: Bool, with others: [NamedPicture] = []
  ) throws {
    let all = [NamedPicture(pictures.sheet, as: "contact-sheet.png")] + others
    try write(all) { $0 }
    if film { try write(pictures.film, as: "film.png") }
  }
}
