import DownsamplingStudy
import Records
import Testing

@Suite("What the page reads off the data") struct StudyVerdictTests {
  /// As in the paper: pixels slow, f = 32 stuck, the middle good.
  private static let asPublished: [Int: (half: Double, end: Double)] = [
    1: (60, 50), 2: (40, 30), 4: (20, 10), 8: (12, 5), 16: (14, 6), 32: (11, 10.5),
  ]

  private func agreements(_ study: Study) -> [Bool] { study.claims.map(\.agrees) }

  @Test("numbers like the paper's agree with it in everything")
  func published() {
    let study = Examples.study(distances: Self.asPublished)
    #expect(agreements(study) == [true, true, true, true, true])
    #expect(study.best?.factor == 8)
    #expect(study.headline.contains("LDM-8") && study.headline.contains("50.0"))
  }

  @Test("each finding that is otherwise is told to differ")
  func otherwise() {
    var numbers = Self.asPublished
    numbers[1] = (60, 4)
    #expect(agreements(Examples.study(distances: numbers)) == [false, false, true, false, false])
    numbers = Self.asPublished
    numbers[32] = (11, 3)
    #expect(agreements(Examples.study(distances: numbers)) == [true, true, false, false, true])
  }

  private func balance(_ study: Study) throws -> Study.Claim {
    try #require(study.claims.first { $0.paper.contains("best balance") })
  }

  @Test("the balance is told pair by pair: where it holds, and where in one measure or in neither")
  func pairs() throws {
    let whole = try balance(Examples.study(distances: Self.asPublished))
    #expect(whole.here.hasPrefix("In 9 of 9 pairs") && whole.agrees && !whole.agreesInPart)
    #expect(!whole.here.contains(";"))
    // LDM-32 ends nearer than LDM-4 alone, and draws more as asked than LDM-4 and LDM-8.
    var numbers = Self.asPublished
    numbers[32] = (11, 8)
    let part = try balance(
      Examples.study(distances: numbers, shares: [8: 0.6, 16: 0.8, 32: 0.7]))
    #expect(!part.agrees && part.agreesInPart)
    #expect(part.here.hasPrefix("In 7 of 9 pairs"))
    #expect(part.here.contains("; LDM-4 is behind LDM-32 in both"))
    #expect(part.here.contains("; LDM-8 is nearer than LDM-32, with less drawn as asked"))
    #expect(!part.here.contains("LDM-16 is") && !part.here.contains("LDM-1 "))
    let farther = try balance(
      Examples.study(distances: numbers, shares: [4: 0.7, 8: 0.7, 16: 0.7]))
    #expect(
      farther.here.hasSuffix(
        "as asked; LDM-4 is no nearer than LDM-32, with as much drawn as asked."))
    // All the others end at drawn scenes.
    for factor in [1, 2, 32] { numbers[factor] = (9, 2) }
    let none = try balance(
      Examples.study(distances: numbers, shares: [1: 0.9, 2: 0.9, 32: 0.9]))
    #expect(none.here.hasPrefix("In 0 of 9 pairs") && !none.agrees && !none.agreesInPart)
  }

  @Test("of the shipped study LDM-4 to LDM-16 are not all ahead of LDM-32")
  func shipped() throws {
    let claim = try balance(Study(readingFrom: Examples.shipped))
    #expect(claim.agreesInPart && claim.here.contains("LDM-4 is behind LDM-32 in both"))
  }

  @Test("a study of some models says nothing of the others")
  func some() {
    let study = Examples.study(distances: [1: (60, 50), 8: (12, 5)])
    #expect(study.claims.count == 1)
    #expect(study.claims[0].here.contains("45.0 points"))
  }

  @Test("pictures of other captions are right now and then")
  func chance() {
    let study = Examples.study(distances: Self.asPublished)
    #expect((0.1...0.4).contains(study.chance), "\(study.chance)")
  }

  @Test("a milestone shows the last look before the next one")
  func milestones() {
    let study = Examples.study(distances: Self.asPublished)
    #expect(study.settings.milestones == [10, 20])
    #expect(study.point(of: study.models[0], at: 0) == 0)
    #expect(study.point(of: study.models[0], at: 1) == 1)
    var slow = study.models[0]
    // A step so long that it passed both milestones at once.
    slow.points[0].trainSeconds = 30
    slow.points.remove(at: 1)
    #expect(study.point(of: slow, at: 0) == 0)
  }

  @Test("seeds are counted one by one, and the best is best on their mean")
  func seeds() throws {
    var other = Self.asPublished
    (other[8], other[16]) = ((12, 9), (14, 3))
    var second = Examples.study(distances: other)
    second.settings.seed = 43
    let study = try Examples.study(distances: Self.asPublished)
      .repeated(by: [(second, "second")])
    #expect(study.ends(8).map(\.distance) == [5, 9])
    #expect(study.meanDistance(16) == 4.5)
    #expect(study.best?.factor == 16)
    #expect(study.verdicts.allSatisfy { $0.agreeing == 2 })
    other[1] = (60, 2)
    second = Examples.study(distances: other)
    second.settings.seed = 44
    let third = try study.repeated(by: [(second, "third")])
    #expect(third.verdicts.map(\.agreeing) == [2, 2, 3, 2, 2])
  }

  @Test("what differs in more than its seed, or not in it, is no repetition")
  func strangers() {
    let study = Examples.study(distances: Self.asPublished)
    var longer = study
    (longer.settings.seed, longer.settings.budget) = (43, 1000)
    for other in [study, longer] {
      #expect(throws: TableError.self) { try study.repeated(by: [(other, "other")]) }
    }
  }
}
