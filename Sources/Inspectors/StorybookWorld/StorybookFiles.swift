import Commands
import Foundation
import Imaging
import Pages
import Records
import Storybook
import Tensors

/// The tables and pictures of `storybook`.
struct StorybookFiles {
  let experiment: StorybookExperiment
  let batches: SceneBatches
  /// How many scenes the tables and the data set have.
  let count: Int

  func write(to output: RunOutput) throws {
    let batch = experiment.batch
    let pictures = Image.batch(batch.pictures)
    try output.write(Array(pictures.enumerated())) { index, picture in
      .init(picture, as: "images/scene-\(padded(index, to: 5)).png")
    }
    let columns = min(pictures.count, 8)
    let sheet = Image.grid(pictures, columns: columns)
    try output.write(sheet, as: "images/contact-sheet.png")
    let textures = Image.grid(Image.batch(experiment.textures), columns: 8)
    try output.write(textures, as: "images/dead-leaves.png")
    try output.write(scenes(0..<count), as: "scenes.csv")
    try output.write(frequencies, as: "frequencies.csv")
    try output.write(spectrum, as: "spectrum.csv")
  }

  /// Every scene as two PNG files at most 64 at a time in memory.
  func writeDataset(to output: RunOutput, advance: () -> Void) throws {
    for start in stride(from: 0, to: count, by: 64) {
      let indices = start..<min(start + 64, count)
      let batch = batches.batch(indices, withMasks: true)
      for (i, index) in indices.enumerated() {
        let picture = Image(batch.pictures.rows(i..<i + 1))
        try output.write(picture, as: "dataset/\(Self.picture(index))")
        for (subject, file) in Self.masks(of: batch.scenes[i], index) {
          try output.write(batch.maskImage(of: subject, at: i), as: "dataset/\(file)")
        }
        advance()
      }
    }
    try output.write(captions, as: "dataset/captions.csv")
  }

  private static func picture(_ index: Int) -> String { "pictures/\(padded(index, to: 5)).png" }

  /// The masks that a scene has, with their files.
  private static func masks(
    of scene: Scene, _ index: Int
  ) -> [(subject: Caption.Subject, file: String)] {
    var subjects: [(Caption.Subject, String)] = [(.time, "time"), (.ground, "ground")]
    if scene.content.sky != nil { subjects.append((.sky, "sky")) }
    for i in scene.content.objects.indices {
      subjects.append((.object(i), i == 0 ? "first" : "second"))
    }
    return subjects.map { ($0.0, "masks/\(padded(index, to: 5))-\($0.1).png") }
  }

  // MARK: Tables

  /// One row for each scene of the data set, as training scripts of all kinds read it.
  private var captions: CSVTable {
    CSVTable(
      (0..<count).map { ($0, scene: batches.sampler[$0]) },
      [Column("file") { Self.picture($0.0) }, Column("caption", \.scene.caption.text)]
        + attributes { $0.scene })
  }

  /// What a scene's caption may say, a column for each.
  private func attributes<Row>(_ scene: @escaping (Row) -> Scene) -> [Column<Row>] {
    SceneAttribute.allCases.map { attribute in
      Column(attribute.rawValue) { attribute.className(in: scene($0).content) }
    }
  }

  /// One row for each scene: what its caption says, and the layout that it does not say.
  private func scenes(_ indices: Range<Int>) -> CSVTable {
    let layout: [Column<(Int, scene: Scene)>] = [
      Column("horizon", \.scene.layout.horizon), Column("slope", \.scene.layout.slope),
      Column("exposure", \.scene.layout.exposure),
      Column("first_x", \.scene.layout.placements[0].x),
      Column("first_base", \.scene.layout.placements[0].base),
      Column("first_size", \.scene.layout.placements[0].size),
      Column("sky_x", \.scene.layout.skyX), Column("sky_y", \.scene.layout.skyY),
    ]
    return CSVTable(
      indices.map { ($0, scene: batches.sampler[$0]) },
      [
        Column("scene", \.0), Column("split") { SceneSampler.split(of: $0.scene.content).rawValue },
        Column("caption", \.scene.caption.text),
      ] + attributes { $0.scene } + layout)
  }

  private var frequencies: CSVTable {
    CSVTable(
      experiment.frequencies.rows,
      [
        Column("attribute", \.attribute.rawValue), Column("class", \.className),
        Column("scenes", \.count), Column("share", \.share), Column("probability", \.expected),
      ])
  }

  private var spectrum: CSVTable {
    let (scenes, textures) = (experiment.sceneSpectrum, experiment.textureSpectrum)
    return CSVTable(
      scenes.frequencies.enumerated().filter { $0.element > 0 },
      [
        Column("frequency", \.element), Column("scenes") { scenes.power[$0.offset] },
        Column("dead_leaves") { textures.power[$0.offset] },
        Column("fit") { experiment.fitted($0.element) },
      ])
  }
}

extension StorybookExperiment {
  /// The power law that fits the textures, at a frequency in cycles per pixel.
  func fitted(_ frequency: Double) -> Double {
    textureFit.scale * pow(frequency, textureFit.exponent)
  }
}
