import ArgumentParser
import Commands

/// `text-encoding`: from a prompt to the vectors that steer the U-Net.
public struct TextEncodingCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "text-encoding",
    abstract: "How a sentence becomes the vectors that steer a picture.",
    discussion: """
      Cuts a prompt into tokens, one byte-pair merge after the other, and follows the tokens through \
      the text encoder, layer by layer: which tokens grow alike, who listens to whom, what the causal \
      mask forbids, what padding does, and which words do not fit.

      A word that somebody taught such a model is shown among its neighbours in the vocabulary.

      Example: text-encoding --prompt "a cyberpunk café, 4k" --model stable-diffusion-v1-5
      Example: text-encoding --prompt "a photo of my-cat" --embedding my-cat.pt
      """, version: Versions.line)

  @Option(help: .prompt("The sentence to encode.", default: Self.defaultPrompt))
  var prompt: String?

  @OptionGroup var readingOptions: PromptReadingOptions
  @OptionGroup var modelOption: ModelOption

  @Option(
    help: ArgumentHelp(
      "A folder with vocab.json and merges.txt, for a model that lies in one file. (default: the model's own)",
      valueName: "dir"))
  var vocabulary: String?

  @OptionGroup var embeddingOption: EmbeddingOption
  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.path("--vocabulary", vocabulary)
    // A vocabulary by itself is read by random weights.
    try Check.together(
      with: "--model", vocabulary == nil || modelOption.model != nil,
      ("--variant", modelOption.variant != nil))
  }

  static let defaultPrompt = "A purple boat and an orange lighthouse, under the moon's light"

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let encoder = try run.stage("opening the model") { _ in
      try PromptEncoder.open(
        model: vocabulary == nil || modelOption.model != nil ? modelOption.path(run) : nil,
        variant: modelOption.variant, vocabulary: vocabulary, seed: seedOption.seed
      ).learning(embeddingOption.words())
    }
    let read = try encoder.tokenizer.read(
      run.settled("prompt", self.prompt, default: Self.defaultPrompt),
      as: readingOptions.reading)
    let prompt = read.firstSequence
    let notices = [
      read.tokens.truncationNotice,
      encoder.trainedWords.words.isEmpty ? read.tokens.quotationNotice : nil,
      encoder.trainedWords.notice(for: [read.tokens]),
      encoder.learnedWords.notice(for: [read.tokens]),
    ]
    for notice in notices.compactMap(\.self) { run.notice(notice) }
    let experiment = try run.stage("encoding", of: TextEncodingExperiment.passes(for: prompt)) {
      TextEncodingExperiment(
        encoder, prompt: prompt, read: read, generator: seedOption.generator, progress: $0)
    }
    let page = TextEncodingPage(experiment)
    try run.stage("pictures") { _ in
      try TextEncodingFiles(experiment).write(to: run.output, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }
}
