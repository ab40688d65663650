import Checkpoints
import Commands
import Foundation
import Pages

/// The page of `checkpoint`: what it is and why, its modules by size, what stands out, every tensor.
struct CheckpointPage {
  let contents: Contents
  let comparison: Comparison?
  private let map: Treemap

  init(_ contents: Contents, _ comparison: Comparison?) {
    (self.contents, self.comparison) = (contents, comparison)
    map = Treemap(contents)
  }

  func page() throws -> Page {
    let residuals = try residuals
    return Page(
      "What is in a weight file", number: 14,
      question: "What is in this file, what says so, and is anything in it broken?",
      residuals: residuals, next: suggestions
    ) {
      if contents.dangers.contains(where: \.isGrave) { pickleSection }
      Section {
        Row(widths: [1, 1]) {
          Verdict(identity: contents.identity).panel
          overview
        }
        if map.tiles.count > 1 {
          TreemapPanel(map: map).panel
          Text(
            """
            Each box is a module, as large as its share of the \(TreemapPanel.count(contents.parameters)) \
            numbers. Colours say what a module is for: U-Net purple, text encoder green, autoencoder blue.
            """)
        }
      }
      if let comparison { ComparisonSections(comparison).sections }
      if contents.isMeasured { standingOut }
      if !contents.entries.isEmpty { tensorSection }
      if !contents.dangers.contains(where: \.isGrave),
        contents.listing.files.contains(where: { $0.pickle != nil })
      {
        pickleSection
      }
      if !metadata.isEmpty { metadataSection }
      filesSection
    }
  }

  // MARK: In short

  /// What is found, for the page and the terminal.
  private var facts: [(name: String, value: String)] {
    let types = contents.types.prefix(6).map { "\($0.name) (\($0.tensors))" }
    let more = contents.types.count > 6 ? ", …" : ""
    var facts = [
      ("kind", contents.identity.title),
      ("format", Set(contents.listing.files.map(\.format)).sorted().joined(separator: "; ")),
      ("files", String(contents.listing.files.count)), ("bytes", String(contents.bytes)),
      ("tensors", String(contents.entries.count)), ("parameters", String(contents.parameters)),
      ("number formats", types.isEmpty ? "none" : types.joined(separator: ", ") + more),
      ("averages (EMA)", contents.identity.averages ?? "none"),
    ]
    if contents.isMeasured {
      facts.append(("what stands out", standsOut))
    }
    let unknown = contents.listing.files.compactMap(\.pickle).flatMap(\.globals)
      .filter(\.isUnknown)
    if contents.listing.files.contains(where: { $0.pickle != nil }) {
      facts.insert(
        (
          "a pickle would run",
          unknown.isEmpty
            ? "only what tensors need" : unknown.prefix(4).map(\.name).joined(separator: ", ")
        ), at: contents.dangers.contains(where: \.isGrave) ? 0 : facts.count)
    }
    return facts
  }

  /// Pickles first: a file that runs a program is worse than any number in it.
  private var standsOut: String {
    let suspicions = contents.suspicions
    let grave = suspicions.count(where: \.isGrave)
    var found: [String] = []
    if let danger = contents.dangers.first {
      found.append(
        danger.isGrave
          ? "DANGEROUS: a pickle that would run a program"
          : "a pickle that asks for what no tensor needs")
    }
    if !suspicions.isEmpty {
      found.append(
        TreemapPanel.tensors(suspicions.count) + (grave > 0 ? ", \(grave) of them gravely" : ""))
    }
    return found.isEmpty ? "nothing" : found.joined(separator: "; ")
  }

  private var overview: Table {
    Table(
      "In short", columns: ["what", "found"],
      rows: facts.map { name, value in
        let shown =
          switch name {
          case "bytes": TreemapPanel.bytes(contents.bytes)
          case "parameters": TreemapPanel.count(contents.parameters)
          default: value
          }
        return [.prose(Prose(name)), .prose(Prose(shown))]
      })
  }

  var summary: Summary {
    var rows = facts.map { [$0.name, $0.value] }
    if let comparison { rows += ComparisonSections(comparison).facts.map { [$0.name, $0.value] } }
    for (file, digest) in zip(contents.listing.files, contents.digests) {
      rows.append(["sha256 of \(contents.shortPath(file))", digest ?? ""])
    }
    return Summary(columns: ["what", "found"], rows: rows)
  }

  // MARK: What stands out

  private var standingOut: Section {
    let suspicions = contents.suspicions
    return Section("What stands out") {
      if !contents.dangers.isEmpty {
        Text("The pickle: its section says what it would run.")
      }
      if contents.entries.isEmpty {
        Text("There is no tensor to look at.")
      } else if suspicions.isEmpty, !contents.dangers.isEmpty {
        Text("Of the numbers nothing: all are finite, and none lies far from all others.")
      } else if suspicions.isEmpty {
        Text(
          """
          Nothing: every number is finite, no tensor is all zero or all the same, and none holds a \
          number far from all others.
          """)
      } else {
        Table(
          "Tensors to look at",
          columns: ["tensor", "what is unusual"],
          rows: suspicions.prefix(Self.mostShown).map { suspicion in
            [
              .prose("\(code: suspicion.entry.tensor.name)"), .prose(Prose(suspicion.finding)),
            ]
          })
        if suspicions.count > Self.mostShown {
          Text("And \(suspicions.count - Self.mostShown) others, in tensors.csv.")
        }
      }
      if contents.entries.count > 1 { charts }
    }
  }

  @PanelBuilder private var charts: [any Panel] {
    let wide = Quantity("\"matrices\"", "spread of matrices and kernels", .prediction)
    let flat = Quantity("\"vectors\"", "spread of vectors: biases and norms", .condition)
    let extreme = Quantity("max", "the largest number without its sign", .error)
    Row {
      Chart(
        "Spread of each tensor's numbers", x: .linear("tensor, in the order of the table"),
        y: .log("standard deviation"),
        curves: [
          curve(of: wide) { ($0.tensor.shape?.count ?? 0) > 1 ? $0.statistics?.std : nil },
          curve(of: flat) { ($0.tensor.shape?.count ?? 0) > 1 ? nil : $0.statistics?.std },
        ])
      Chart(
        "Its largest number", x: .linear("tensor, in the order of the table"),
        y: .log("largest absolute value"),
        curves: [curve(of: extreme) { $0.statistics?.maxAbs.map(Double.init) }])
    }
    Text(
      """
      Purple are matrices and kernels, green are vectors: biases and norms. A trained network's \
      matrices spread by about one over the square root of their inputs, and neighbours resemble \
      each other. \(farWords)
      """)
  }

  /// What a point far from its neighbours says, where none was found out of order and where some were.
  private var farWords: Prose {
    contents.suspicions.isEmpty
      ? "Here none is broken: a point far from its neighbours is only unlike them."
      : "A point far from its neighbours is where to look first."
  }

  private static let mostShown = 40
  private static let mostPoints = 3000

  private func curve(
    of quantity: Quantity, _ value: (Contents.Entry) -> Double?
  ) -> Curve {
    let all = contents.entries.enumerated().compactMap { place, entry in
      value(entry).map { (x: Double(place + 1), y: $0) }
    }
    let step = max((all.count + Self.mostPoints - 1) / Self.mostPoints, 1)
    let points = stride(from: 0, to: all.count, by: step).map { all[$0] }
    return Curve(of: quantity, x: points.map(\.x), y: points.map(\.y), style: .points)
  }

  // MARK: Tensors, pickles, metadata, files

  private var tensorSection: Section {
    Section("Every tensor") {
      if !contents.isMeasured {
        Text("Only the headers were read: without --headers-only each number is measured as well.")
      }
      TensorTables(contents: contents).panel
    }
  }

  private var pickleSection: Section {
    let files = contents.listing.files
    return Section("What the pickle would run") {
      Text(
        """
        A PyTorch file is a program for a small machine that may import and call any function of Python. \
        Nothing of it was run here: these are the names that it asks for. \(code: "torch.load") calls \
        them unless it is told \(code: "weights_only=True"), its default from version 2.6 on.
        """)
      for file in files {
        if let pickle = file.pickle {
          PickleTable(pickle: pickle, title: contents.shortPath(file)).panels
        }
      }
    }
  }

  private var metadata: [(file: ListedFile, key: String, value: String)] {
    contents.listing.files.flatMap { file in file.metadata.map { (file, $0.key, $0.value) } }
  }

  private var metadataSection: Section {
    let files = contents.listing.files.filter { !$0.metadata.isEmpty }
    return Section("What the file says of itself") {
      for file in files {
        Table(
          "\(contents.shortPath(file))", columns: ["key", "value"],
          rows: file.metadata.prefix(Self.mostMetadata).map { key, value in
            [.prose("\(code: Self.cut(key))"), .prose(Prose(Self.cut(value)))]
          })
        if file.hasMoreMetadata || file.metadata.count > Self.mostMetadata {
          Text("There is more; the first \(min(file.metadata.count, Self.mostMetadata)) are shown.")
        }
      }
    }
  }

  private static let mostMetadata = 300

  private static func cut(_ text: String) -> String {
    text.count > 300 ? text.prefix(300) + "…" : text
  }

  private var filesSection: Section {
    let rows = contents.listing.files.enumerated().map { place, file -> [Table.Cell] in
      func digest(_ list: [String?]) -> Table.Cell {
        guard place < list.count, let digest = list[place] else { return .none }
        return .prose("\(code: digest)")
      }
      return [
        .prose("\(code: contents.shortPath(file))"),
        .prose(Prose(TreemapPanel.bytes(file.byteCount))), digest(contents.digests),
        digest(contents.headerDigests),
      ]
    }
    return Section("Which file it was") {
      Table(
        "SHA-256 digests", columns: ["file", "size", "of the file", "of its header"], rows: rows)
      Text(
        """
        Compare the first with the digest that a model's page shows: one bit that differs makes another \
        digest. Two safetensors files with one header digest have the same tensors, shapes, types and \
        metadata, whatever their numbers are.
        """)
    }
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    get throws {
      var list: [Residual] = []
      if contents.parameters > 0 {
        list.append(
          Residual(
            "The boxes fill the map: \(math: "|1 − Σ area|") of the outermost ones",
            measured: abs(1 - map.outermostArea), bound: 1e-9))
      }
      let plain = contents.listing.files.indices.filter {
        contents.listing.files[$0].header != nil
      }
      if !plain.isEmpty {
        let surplus = plain.map { place -> Int in
          let file = contents.listing.files[place]
          let tensors = contents.entries.filter { $0.tensor.file == place }
          return abs(
            file.byteCount - 8 - (file.header?.count ?? 0)
              - tensors.reduce(0) { $0 + $1.tensor.byteCount })
        }
        list.append(
          Residual(
            """
            Header and tensors account for every byte of a safetensors file: the most bytes that are \
            left over
            """, measured: Double(surplus.max() ?? 0), bound: 0))
      }
      if let check = try WholeCheck(contents) { list.append(check.residual) }
      if let comparison, let check = try WholeCheck.Pair(comparison) { list.append(check.residual) }
      return list
    }
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "checkpoint", ["fixtures/model", "--against", "fixtures/conditioning/inpainting"],
        because: "see which layers a fine-tune has moved, and by how much"),
      Suggestion(
        "checkpoint", ["fixtures/autoencoders/kl-f8"],
        because: "one autoencoder alone, and what tells it from a U-Net"),
      Suggestion(
        "checkpoint", ["model.ckpt", "--headers-only"],
        because: "list a file of any size at once, before you trust it"),
    ]
  }
}
