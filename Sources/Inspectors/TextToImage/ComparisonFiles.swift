import Commands
import Imaging
import Pages
import Records
import Tensors

/// The table, pictures and arrays of a comparison. Rows, columns and steps are counted from 0.
struct ComparisonFiles {
  private let comparison: Comparison

  init(_ comparison: Comparison) { self.comparison = comparison }

  func write(to output: RunOutput, tensors: Bool, film: Bool) throws {
    try output.write(
      CSVTable(comparison.items, Self.columns(of: comparison)), as: "comparison.csv")
    for item in comparison.items {
      try output.write(item.image, as: comparison.file(of: item))
    }
    try output.write(sheet(comparison.items.map(\.image)), as: "contact-sheet.png")
    if film { try output.write(self.film, as: "film.png") }
    if tensors {
      var arrays: [String: Tensor] = [:]
      for item in comparison.items {
        let name = comparison.file(of: item).dropFirst("images/".count).dropLast(".png".count)
        arrays["z.final.\(name)"] = item.finalLatent
      }
      try output.write(arrays)
    }
  }

  /// `comparison.csv`, one row per picture; what has a heading stands on the page as well.
  static func columns(of comparison: Comparison) -> [Column<Comparison.Item>] {
    let first = comparison.items[0].image
    let prompt = Column<Comparison.Item>("prompt", \.request.prompt)
    let isVaried = [comparison.lists.rows, comparison.lists.columns].contains {
      $0?.option == "prompt"
    }
    return [
      Column("row") { comparison.lists.place($0.index).row },
      Column("column") { comparison.lists.place($0.index).column },
      Column("image") { comparison.file(of: $0) },
      isVaried ? prompt.shown(as: "prompt") : prompt,
      Column("sampler") { ($0.request.sampler ?? .ddim).rawValue }.shown(as: "sampler"),
      Column("guidance_scale", \.request.guidanceScale).shown(as: "guidance scale"),
      Column("seed") { String($0.request.seed) }.shown(as: "seed"),
      Column("steps") { $0.frames.map(\.step).max().map { $0 + 1 } ?? 0 }.shown(as: "steps"),
      Column("latent_std") { $0.finalLatent.moments.std }
        .shown(as: "spread of the last latent", .decimals(3)),
      Column("guidance_norm", \.guidanceNorm).shown(as: "norm of ε_c − ε_u", .decimals(2)),
      Column("distance_from_first") { Comparison.distance($0.image, first) }
        .shown(as: "distance from the first", .decimals(3)),
      Column("seconds", \.seconds).shown(as: "seconds", .decimals(2)),
    ]
  }

  /// Pictures in their places, with the names of rows and columns.
  /// - Parameter most: the longest side of one of them, in pixels.
  private func sheet(_ images: [Image], most: Int = MovingPictures.side) -> Image {
    let lists = comparison.lists
    let cells = images.map { image in
      let small = image.shrunk(to: most)
      return small.enlarged(by: max(48 / max(small.width, small.height), 1))
    }
    let columns = lists.columns.titles
    guard let rows = lists.rows else {
      let captioned = cells.enumerated().map { index, cell in
        cell.captioned(columns[index], room: room(for: cell.width))
      }
      return .grid(captioned, columns: min(8, captioned.count), gap: 4)
    }
    return .labelled(
      stride(from: 0, to: cells.count, by: columns.count).map {
        Array(cells[$0..<$0 + columns.count])
      },
      rows: rows.titles, columns: columns)
  }

  /// How many lines the longest caption takes.
  private func room(for width: Int) -> Int {
    comparison.lists.columns.titles.map { Image.lines(of: $0, width: width).count }.max() ?? 1
  }

  /// All pictures over the steps, moving together.
  private var film: FrameSequence {
    let places = comparison.timeline.indices
    let affordable = (Double(2_000_000 / places.count / comparison.items.count)).squareRoot()
    let side = max(48, min(MovingPictures.side, Int(affordable)))
    return MovingPictures.film(
      of: places.map { place in
        sheet(comparison.items.map { $0.frames[place].believed }, most: side)
          .captioned("step \(comparison.timeline[place])", scale: 2, room: 1)
      })
  }
}
