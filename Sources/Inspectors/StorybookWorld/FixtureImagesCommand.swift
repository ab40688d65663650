import ArgumentParser
import Commands
import Pages

/// `fixture-images`: draws the pictures of `fixtures/images` again.
public struct FixtureImagesCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "fixture-images",
    abstract: "Draw the bundled pictures again.",
    discussion: """
      A scene, a texture and a chart to look at, and small PNG files of every odd kind for tests. They \
      are always the same, byte for byte; nothing random takes part but fixed seeds.

      Example: fixture-images --output outputs/pictures
      """, version: Versions.line)

  @OptionGroup public var options: RunOptions

  public init() {}

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let files = try run.stage("drawing") { _ in FixtureImages.files }
    for file in files { try run.output.write(png: file.data, as: "images/" + file.path) }
    let page = Page(
      "The bundled pictures", question: "What do the commands look at by default?",
      next: [
        Suggestion("forward-noising", because: "turn the scene into noise, and see what is left"),
        Suggestion("vae-compression", because: "see which of it an autoencoder keeps"),
      ]
    ) {
      Section {
        PictureGrid(
          files.map { Figure(Prose($0.path), .fixed(Picture(png: $0.data))) }, width: 160)
      }
    }
    return Findings(
      page: page,
      summary: Summary(
        columns: ["picture", "bytes"], rows: files.map { [$0.path, "\($0.data.count)"] }),
      seed: nil)
  }
}
