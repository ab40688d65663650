import Commands
import Foundation
import Imaging
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
    for (i, picture) in pictures.enumerated() {
      try output.write(picture, as: "images/scene-\(padded(i, to: 5)).png")
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
    var table = CSVTable(columns: ["file", "caption"] + SceneAttribute.allCases.map(\.rawValue))
    for i in 0..<count {
      let scene = batches.sampler[i]
      table.append(
        [.text(Self.picture(i)), .text(scene.caption.text)]
          + SceneAttribute.allCases.map { .text($0.className(in: scene.content)) })
    }
    return table
  }

  /// One row for each scene: what its caption says, and the layout that it does not say.
  private func scenes(_ indices: Range<Int>) -> CSVTable {
    var table = CSVTable(
      columns: ["scene", "split", "caption"] + SceneAttribute.allCases.map(\.rawValue)
        + ["horizon", "slope", "exposure", "first_x", "first_base", "first_size", "sky_x", "sky_y"])
    for i in indices {
      let scene = batches.sampler[i]
      let layout = scene.layout
      let first = layout.placements[0]
      table.append(
        [
          .integer(i), .text(SceneSampler.split(of: scene.content).rawValue),
          .text(scene.caption.text),
        ] + SceneAttribute.allCases.map { .text($0.className(in: scene.content)) }
          + [
            layout.horizon, layout.slope, layout.exposure, first.x, first.base, first.size,
            layout.skyX, layout.skyY,
          ].map { .float($0) })
    }
    return table
  }

  private var frequencies: CSVTable {
    var table = CSVTable(columns: ["attribute", "class", "scenes", "share", "probability"])
    for row in experiment.frequencies.rows {
      table.append([
        .text(row.attribute.rawValue), .text(row.className), .integer(row.count),
        .double(row.share), .double(row.expected),
      ])
    }
    return table
  }

  private var spectrum: CSVTable {
    var table = CSVTable(columns: ["frequency", "scenes", "dead_leaves", "fit"])
    let (scenes, textures) = (experiment.sceneSpectrum, experiment.textureSpectrum)
    for (i, frequency) in scenes.frequencies.enumerated() where frequency > 0 {
      table.append([
        .double(frequency), .double(scenes.power[i]), .double(textures.power[i]),
        .double(experiment.fitted(frequency)),
      ])
    }
    return table
  }
}

extension StorybookExperiment {
  /// The power law that fits the textures, at a frequency in cycles per pixel.
  func fitted(_ frequency: Double) -> Double {
    textureFit.scale * pow(frequency, textureFit.exponent)
  }
}
