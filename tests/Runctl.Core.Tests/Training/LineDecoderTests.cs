using System.Text;
using CsCheck;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

public sealed class LineDecoderTests
{
    [Fact]
    public void Cut_anywhere_the_lines_are_the_same() =>
        Gen.Select(Gen.OneOf(Array.ConvertAll(["a", "ß", "日", "\U0001F600", "\n", "\r\n", " "], s => Gen.Const(s))).Array[0, 40], Gen.Int[1, 7]).Sample((parts, size) =>
        {
            var text = string.Concat(parts);
            var decoder = new LineDecoder();
            var lines = Encoding.UTF8.GetBytes(text).Chunk(size).SelectMany(c => decoder.Append(c)).ToList();
            if (decoder.Rest() is { } rest)
            {
                lines.Add(rest);
            }

            var expected = text.Split('\n').Select(l => l.EndsWith('\r') ? l[..^1] : l).ToList();
            if (text.EndsWith('\n') || text.Length == 0)
            {
                expected.RemoveAt(expected.Count - 1);
            }

            return lines.SequenceEqual(expected);
        });

    [Theory]
    [InlineData("a\nb\nc\n", 1, 4)]
    [InlineData("a\nb\nc\n", 2, 2)]
    [InlineData("a\nb\nc", 1, 4)]
    [InlineData("a\nb\n", 2, null)]
    [InlineData("", 1, null)]
    public void A_tail_begins_after_the_line_end_before_it(string text, int lines, int? begin) => Assert.Equal(begin, LogTail.Begin(Encoding.UTF8.GetBytes(text), lines));
}
