import ArgumentParser
import Checkpoints
import Commands
import Diagnostics
import Pages

/// `checkpoint`: what is in a weight file or folder, and what sets two of them apart.
public struct CheckpointCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "What is in a weight file: kind, tensors, statistics, and what a pickle would run.",
    discussion: """
      Lists every tensor of a safetensors, PyTorch or GGUF file, a diffusers folder or one of a Hugging \
      Face cache, says what it is and which names and shapes say so, and measures all numbers: mean, \
      spread, extremes, zeros, NaN. With --against it compares two of them, layer by layer. Nothing in \
      a file is ever run.

      Example: checkpoint v1-5-pruned.ckpt --against my-fine-tune.safetensors
      """, version: Versions.line)

  @Argument(
    help: ArgumentHelp(
      "A .safetensors, .ckpt, .pt, .pth, .bin or .gguf file, or a model's folder. (default: the bundled model)",
      valueName: "path"))
  var path: String?

  @Option(
    help: ArgumentHelp(
      "A second file or folder, compared tensor by tensor with the first. (default: none)",
      valueName: "path"))
  var against: String?

  @Flag(
    help:
      "Read the headers alone: names, shapes and types, at once for any size; no statistics, no digests."
  )
  var headersOnly = false

  @OptionGroup var variantOption: VariantOption
  @OptionGroup public var options: RunOptions

  public static let optionsElsewhere = [
    "--model": "checkpoint PATH, without --model,", "--no-statistics": "--headers-only",
  ]

  public init() {}

  public mutating func validate() throws {
    try Check.path("the path", path)
    try Check.path("--against", against)
    if headersOnly, against != nil {
      throw ValidationError(
        "--against: expected without --headers-only, since it compares numbers, found both")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let path = try run.settled("path", path, default: Shipped.model())
    if headersOnly { run.leavesInputsUndigested() }
    let variant = variantOption.variant
    let listing = try run.stage("headers") { _ in try WeightListing(path, variant: variant) }
    let other = try against.map { path in
      try run.stage("headers of the other") { _ in try WeightListing(path, variant: variant) }
    }
    if path == (try? Shipped.model()) {
      run.showsTrainedWeights()
    } else {
      run.showsWeightsOfUnknownOrigin()
    }
    let statistics =
      headersOnly
      ? nil
      : try run.stage("statistics", of: listing.statisticsLots) {
        try listing.statistics(advance: $0)
      }
    var contents = Contents(listing, statistics)
    for notice in contents.dangers.map(\.notice) { run.notice(notice) }
    let comparison = try other.map { other in
      let matched = Matching(listing, other)
      return try run.stage("comparing", of: matched.lots) {
        try Comparison(matched, advance: $0)
      }
    }
    if !headersOnly {
      contents.digests = run.stageDigests(listing.files.map(\.path))
    }
    try run.stage("files") { _ in
      try CheckpointFiles(contents, comparison).write(to: run.output)
    }
    let page = CheckpointPage(contents, comparison)
    return Findings(page: try page.page(), summary: page.summary, seed: nil)
  }
}

extension InspectorRun {
  /// The digests of files that this run has opened, in the order of their paths.
  fileprivate func stageDigests(_ paths: [String]) -> [String?] {
    (try? stage("digests") { _ in paths.map { digest(ofInput: $0) } }) ?? paths.map { _ in nil }
  }
}
