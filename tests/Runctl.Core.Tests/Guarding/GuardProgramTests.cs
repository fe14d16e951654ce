using Runctl.Guarding;

namespace Runctl.Core.Tests.Guarding;

public sealed class GuardProgramTests
{
    [Fact]
    public void The_same_sources_give_the_same_bytes_in_any_order()
    {
        var one = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1, 2], ["b/c.py"] = [3] });
        var other = new GuardProgram(new Dictionary<string, byte[]> { ["b/c.py"] = [3], ["a.py"] = [1, 2] });
        Assert.Equal(one.Hash, other.Hash);
        Assert.Equal(one.Archive, other.Archive);
    }

    [Fact]
    public void A_byte_that_moves_from_one_file_to_the_next_changes_the_hash()
    {
        var one = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1, 2], ["b.py"] = [3] });
        var other = new GuardProgram(new Dictionary<string, byte[]> { ["a.py"] = [1], ["b.py"] = [2, 3] });
        Assert.NotEqual(one.Hash, other.Hash);
    }

    [Fact]
    public void The_embedded_guard_fits_into_commands()
    {
        var program = GuardProgram.Current;
        var parcel = new FileParcel(program.Path, program.Archive, gzip: true);
        var scripts = parcel.FitsOneCommand ? [new GuardCommand(["status", "--events", "20"]).DeliveringScript(program, parcel)] : parcel.Pieces;
        // Documents and parameters of a command may have 64 KB in all.
        Assert.All(scripts, s => Assert.InRange(s.Length, 1, 63_000));
        Assert.InRange(scripts.Count, 1, 2);
    }
}
