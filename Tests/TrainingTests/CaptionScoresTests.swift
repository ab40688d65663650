import Storybook
import Testing
import Training

@Suite("What pictures show of what was asked for") struct CaptionScoresTests {
  private let asked = SceneContent(
    time: .day, ground: .sea, sky: .sun,
    objects: [SceneObject(.red, .house), SceneObject(.blue, .ball)])
  private let single = SceneContent(
    time: .night, ground: .snow, sky: nil, objects: [SceneObject(.pink, .tent)])

  /// A perfect reading of a scene.
  private func reading(_ content: SceneContent) -> SceneClassifier.Reading {
    let classes = SceneAttribute.allCases.map { ($0, $0.className(in: content)) }
    return SceneClassifier.Reading(
      classes: Dictionary(uniqueKeysWithValues: classes),
      confidence: Dictionary(uniqueKeysWithValues: classes.map { ($0.0, 1) }))
  }

  private func scores(_ shown: SceneContent, _ asked: SceneContent) -> CaptionScores {
    CaptionScores([reading(shown)], asked: [asked])
  }

  @Test("the right picture is right in everything")
  func right() {
    let scores = CaptionScores([reading(asked), reading(single)], asked: [asked, single])
    #expect(scores.attributes.allSatisfy { $0.share.right == 2 && $0.share.count == 2 })
    #expect(scores.whole.right == 2)
    #expect(scores.objects.found.right == 3 && scores.objects.found.count == 3)
    #expect(scores.objects.bound.right == 3 && scores.objects.bound.count == 3)
    #expect(scores.objects.swapped.right == 0 && scores.objects.swapped.count == 1)
    #expect(scores.objects.ordered.right == 1 && scores.objects.ordered.count == 1)
  }

  @Test("exchanged colours are swapped, not bound, though every word is in the picture")
  func swapped() {
    var shown = asked
    (shown.objects[0].color, shown.objects[1].color) = (.blue, .red)
    let objects = scores(shown, asked).objects
    #expect(objects.found.right == 2 && objects.bound.right == 0)
    #expect(objects.swapped.right == 1 && objects.ordered.right == 1)
    #expect(scores(shown, asked).whole.right == 0)
  }

  @Test("exchanged places keep each colour with its object")
  func exchanged() {
    var shown = asked
    shown.objects.reverse()
    let objects = scores(shown, asked).objects
    #expect(objects.found.right == 2 && objects.bound.right == 2)
    #expect(objects.swapped.right == 0 && objects.ordered.right == 0)
    #expect(objects.ordered.count == 1)
  }

  @Test("an object that is not there is not found, and counts for no colour")
  func missing() {
    var shown = asked
    shown.objects.removeLast()
    let objects = scores(shown, asked).objects
    #expect(objects.found.right == 1 && objects.found.count == 2)
    #expect(objects.bound.right == 1 && objects.bound.count == 1)
    #expect(objects.ordered.count == 0 && objects.swapped.count == 0)
  }

  @Test("confusion counts what was read instead")
  func confusion() {
    var shown = asked
    shown.ground = .sand
    let table = CaptionScores.confusion(
      [reading(shown), reading(asked), reading(single)], asked: [asked, asked, single],
      in: [.ground])
    #expect(table.classes == ["grass", "sand", "snow", "sea"])
    #expect(table.counts == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]])
  }

  @Test("the interval of a share is Wilson's")
  func interval() {
    // 8 of 10 and 0 of 10, as R's prop.test(correct = FALSE) gives them.
    let most = CaptionScores.Share(right: 8, count: 10).interval
    #expect(abs(most.lowerBound - 0.4901625) < 1e-6 && abs(most.upperBound - 0.9433178) < 1e-6)
    let none = CaptionScores.Share(right: 0, count: 10).interval
    #expect(abs(none.lowerBound) < 1e-12 && abs(none.upperBound - 0.2775328) < 1e-6)
    #expect(CaptionScores.Share(right: 0, count: 0).interval == 0...1)
  }
}
