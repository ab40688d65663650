import ArgumentParser
import Commands
import Foundation
import Imaging
import LatentDiffusion
import Pages
import Records
import Tensors
import TextToImage

/// `tour`: every inspector in turn, and one page to begin from.
public struct TourCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "Run every inspector on one picture, and write the page to begin from.",
    discussion: """
      Each inspector writes its own folder beside the tour's. Any option of an inspector can be tried \
      afterwards with its own command. The page begins with the whole way of one picture: its pixels, \
      its latent, noise over it, denoised with the prompt, decoded.

      Example: tour --image photo.png --prompt "a red boat on the sea at night"
      """, version: Versions.line)

  @OptionGroup var imageOption: ImageOption
  @OptionGroup var promptOption: PromptOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    if let prompt = promptOption.prompt, !prompt.contains(where: \.isLetter) {
      throw ValidationError("--prompt: expected words to draw and to look at, found '\(prompt)'")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    // Looked at before any work: a stop that came first would leave its folder behind.
    let path = try imageOption.path(run)
    let picture = try PictureFile.read(path).tensor()
    for stop in Catalogue.stops {
      try RunFolder.check(place(of: stop.name), executable: stop.name)
    }
    let prompt = promptOption.value(run)
    let journey = try run.stage("the way of one picture") { _ in
      try Journey(
        of: picture, prompt: prompt, with: LatentDiffusionModel(opening: Shipped.model()))
    }
    let results = try run.stage("tour", of: Catalogue.stops.count) { advance in
      try Self.sideBySide(Catalogue.stops) { stop in
        defer { advance() }
        return try stop.command.run(
          stop.arguments + (stop.takesImage ? ["--image", path] : [])
            + (stop.takesPrompt ? ["--prompt", prompt] : [])
            + (options.output == nil ? [] : ["--output", place(of: stop.name)]),
          console: .memory(), isPartOfTour: true)
      }
    }
    for (stop, result) in results {
      // What was done to the person's picture and words; the rest is said on the stops' own pages.
      let isPersons =
        stop.takesImage && imageOption.image != nil
        || stop.name == TextToImageCommand.name && promptOption.prompt != nil
      if isPersons {
        for notice in result.notices { run.notice("\(stop.name): \(notice)") }
      }
    }
    return Findings(
      page: page(results, journey, prompt), summary: summary(results), seed: nil,
      broken: results.flatMap { stop, result in
        result.brokenIdentities.map { "\(stop.name): \($0)" }
      })
  }

  /// Visits all stops: those that measure one after the other, each with all threads, then the others, one on
  /// each thread, for small networks keep one thread busier than several. Long ones begin, so that none is
  /// waited for at the end.
  private static func sideBySide(
    _ stops: [Catalogue.Stop], _ visit: (Catalogue.Stop) throws -> InspectorResult
  ) throws -> [Visit] {
    let measuring = try stops.filter(\.measures).map { ($0, try visit($0)) }
    let unmeasured = stops.filter { !$0.measures }
    let others = unmeasured.filter(\.isLong) + unmeasured.filter { !$0.isLong }
    let visits = measuring + (try Threads.map(others.count) { (others[$0], try visit(others[$0])) })
    return stops.compactMap { stop in visits.first { $0.0.name == stop.name } }
  }

  /// Where an inspector's folder goes: to the same place as the tour's.
  private func place(of name: String) -> String {
    guard let output = options.output else { return "outputs/" + name }
    let parent = URL(fileURLWithPath: output).deletingLastPathComponent()
    return parent.appendingPathComponent(name).path
  }

  private typealias Visit = (stop: Catalogue.Stop, result: InspectorResult)

  private func page(_ visits: [Visit], _ journey: Journey, _ prompt: String) -> Page {
    let addresses = Dictionary(
      uniqueKeysWithValues: visits.map { ($0.stop.name, Self.address($0.result)) })
    return Page(
      "Inside latent diffusion", question: "What happens between noise and picture?",
      next: suggestions
    ) {
      Section {
        journey.cards(prompt: prompt) { addresses[$0] }
        PipelineMap { addresses[$0] }
        Text(
          """
          Each page is an instrument for one idea, in the order in which a person learns. The arrow \
          keys move through the steps, space plays them; pointing at a term of a formula lights up \
          the picture and the curve that show it.
          """)
        Cards(visits.map(Self.card))
      }
    }
  }

  /// An inspector's page, relative to the tour's.
  private static func address(_ result: InspectorResult) -> String {
    "../\(URL(fileURLWithPath: result.folder).lastPathComponent)/index.html"
  }

  private static func card(_ visit: Visit) -> Cards.Card {
    let folder = URL(fileURLWithPath: visit.result.folder)
    let picture = try? Data(contentsOf: folder.appendingPathComponent(visit.stop.thumbnail))
    return Cards.Card(
      number: visit.stop.number, title: visit.result.page.title,
      question: visit.result.page.question,
      address: address(visit.result),
      picture: picture.map { Picture(png: $0) },
      isUntrained: visit.result.manifest.provenance == .untrained)
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "tour", ["--image", "photo.png", "--prompt", "a house under the moon at night"],
        because: "the whole tour on your own picture, with your own words"),
      Suggestion("forward-noising", ["--help"], because: "every option of one inspector"),
    ]
  }

  private func summary(_ visits: [Visit]) -> Summary {
    Summary(
      columns: ["", "inspector", "residuals", "seconds"],
      rows: visits.map { stop, result in
        let residuals = result.page.residuals.filter { $0.kind == .identity }
        let holding = residuals.filter(\.holds).count
        let seconds = result.manifest.stages.reduce(0) { $0 + $1.seconds }
        return [
          stop.number.map(String.init) ?? "", stop.name, "\(holding) of \(residuals.count) hold",
          NumberFormat.decimals(1).text(seconds),
        ]
      })
  }
}
